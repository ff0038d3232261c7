package org.jtvmc.schedule.lower;

import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/** A loop in vectors whose length is known only at run time. */
final class OpenVectorException extends ScheduleException {
  private static final long serialVersionUID = 1L;

  private final String stage;

  OpenVectorException(StageNest.Leaf leaf, Stage stage) {
    super(
        "loop '%s' runs %s times, which is known only at run time, and cannot be one vector"
            .formatted(leaf.loop().id(), leaf.size()),
        stage,
        leaf.loop().id());
    this.stage = stage.id();
  }

  /** The stage whose loop it is. */
  String stage() {
    return stage;
  }
}
