package org.jtvmc.schedule.space.rule;

import java.util.Optional;
import java.util.stream.Stream;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchState;

/** What a stage reads that may still be scheduled together with it. */
final class FreshProducers {
  private FreshProducers() {}

  /** The stages with loops of their own, not scheduled yet, that this stage reads and no other. */
  static Stream<Stage> of(SketchState state, Stage stage) {
    return Access.of(state.schedule(), stage).stream()
        .map(access -> state.schedule().stageOf(access.tensor()))
        .flatMap(Optional::stream)
        .distinct()
        .filter(
            producer ->
                !producer.isOutput()
                    && producer.isFresh()
                    && producer.isRoot()
                    && !state.isScheduled(producer.id())
                    && state.readers(producer).size() == 1);
  }
}
