package org.jtvmc.schedule.step;

import java.util.Locale;
import java.util.Optional;
import org.jtvmc.schedule.Attachment;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/** The conditions that several steps share. */
final class Loops {

  private Loops() {}

  /** The loop {@code axis} of {@code stage}. */
  static IterVar find(Stage stage, String axis) {
    if (stage.isInlined()) {
      throw new ScheduleException(
          "stage '%s' is inlined, so it has no loops".formatted(stage.id()), stage);
    }
    return stage
        .leaf(axis)
        .orElseThrow(
            () ->
                new ScheduleException(
                    "'%s' is not a loop of stage '%s'".formatted(axis, stage.id()), stage));
  }

  /** The loop {@code axis}, which must be serial and host no other stage, to be replaced. */
  static IterVar findReplaceable(Schedule schedule, Stage stage, String axis) {
    IterVar loop = find(stage, axis);
    if (loop.isAnnotated()) {
      throw new ScheduleException(
          "loop '%s' is %s; split and fuse before deciding how it runs".formatted(axis, how(loop)),
          stage,
          axis);
    }
    Optional<Stage> guest =
        schedule.attachedTo(stage.id()).stream()
            .filter(s -> s.attachment() instanceof Attachment.At(_, String at) && at.equals(axis))
            .findFirst();
    if (guest.isPresent()) {
      throw new ScheduleException(
          "stage '%s' is computed at loop '%s', so that loop cannot be replaced"
              .formatted(guest.get().id(), axis),
          stage,
          axis);
    }
    return loop;
  }

  private static String how(IterVar loop) {
    return loop.intrinsic().isPresent()
        ? "tensorized"
        : loop.forKind().name().toLowerCase(Locale.ROOT);
  }

  /** The loop {@code axis}, which must be serial, to be annotated. */
  static IterVar findSerial(Stage stage, String axis) {
    IterVar loop = find(stage, axis);
    if (loop.isAnnotated()) {
      throw new ScheduleException(
          "loop '%s' is %s already".formatted(axis, how(loop)), stage, axis);
    }
    return loop;
  }
}
