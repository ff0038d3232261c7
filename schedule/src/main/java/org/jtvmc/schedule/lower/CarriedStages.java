package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.Attachment;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/**
 * Stages that make each element along their last axis of the one before it, inside a loop of a
 * reduction that goes through that axis, and the reductions that are scaled there.
 *
 * <pre>
 *   running[m] = first; sum[m, d] = 0
 *   for c {
 *     factor[m] = exp(running[m] - max(running[m], largest[m]))
 *     running[m] = max(running[m], largest[m])
 *     sum[m, d] = sum[m, d] * factor[m]
 *     for n { sum[m, d] = sum[m, d] + ... }
 *   }
 * </pre>
 *
 * A carried stage has memory for one element of its last axis. Who reads the element before comes
 * before the stage in the order of stages, or is the stage itself; who reads the element itself
 * comes after it; and who reads the last element is outside of the loop, behind it.
 */
final class CarriedStages {
  private CarriedStages() {}

  /**
   * @throws ScheduleException where a stage that is carried along, or a scale, is at no loop
   */
  static void check(Stage stage, Schedule schedule) {
    boolean placed =
        (stage.before().isEmpty() || !stage.isRoot())
            && (stage.scale().isEmpty()
                || stage.leaves().stream()
                    .anyMatch(leaf -> isScaledAt(stage, schedule, leaf.id())));
    if (!placed) {
      throw new ScheduleException(
          "it goes through parts of a reduction, but what it takes of them is computed at no loop",
          stage);
    }
  }

  /** True where the stage's sums are scaled inside the loop {@code axis}. */
  static boolean isScaledAt(Stage stage, Schedule schedule, String axis) {
    return stage
        .scale()
        .flatMap(scale -> schedule.stageOf(scale.tensor()))
        .filter(factor -> factor.attachment().equals(new Attachment.At(stage.id(), axis)))
        .isPresent();
  }

  /**
   * The part that one iteration of the loop at which a carried stage is computed makes: the value
   * of the stage's last axis there.
   */
  static LinearForm part(StageNest host, Stage carried, int position, Simplifier simplifier) {
    Read scale =
        host.stage
            .scale()
            .orElseThrow(
                () ->
                    new ScheduleException(
                        "it is carried along, and '%s' goes through no parts of its reduction"
                            .formatted(host.stage.id()),
                        carried));
    LinearForm part =
        new BodyLowering(simplifier, host.axisValues, CarriedStages::unlowered)
            .indices(scale)
            .getLast();
    long parts = size(carried);
    List<StageNest.Leaf> loops =
        host.leaves.subList(0, position + 1).stream()
            .filter(leaf -> leaf.loop().isReduce() && leaf.var() != null)
            .toList();
    boolean inOrder =
        loops.isEmpty()
            ? parts == 1
            : loops.size() == 1
                && loops.getFirst().kind() == ForKind.SERIAL
                && loops.getFirst().extent() == parts
                && isZero(part.minus(LinearForm.atom(loops.getFirst().var())));
    if (!inOrder || carried.scope() != Scope.SHARED) {
      throw new ScheduleException(
          "it is carried along by a loop of '%s' that does not go through its %d parts"
              .formatted(host.stage.id(), parts),
          carried);
    }
    return part;
  }

  private static boolean isZero(LinearForm form) {
    return form.isConstant() && form.constant() == 0;
  }

  /**
   * What a reader that comes after a carried stage reads, with the part that is there in the place
   * of the last index.
   *
   * @param inside true where the reader is inside the loop that goes through the parts
   */
  static List<LinearForm> read(
      List<LinearForm> element, LinearForm part, boolean inside, Stage carried, Stage reader) {
    LinearForm wanted = inside ? part : LinearForm.constant(size(carried) - 1);
    if (!isZero(element.getLast().minus(wanted))) {
      throw new ScheduleException(
          "stage '%s' reads another part of it than the one that is there".formatted(reader.id()),
          carried);
    }
    List<LinearForm> now = new ArrayList<>(element);
    now.set(now.size() - 1, part);
    return now;
  }

  /** Who comes before a carried stage reads the part before: where that is still there. */
  static void checkBefore(Stage reader, Stage carried) {
    if (reader != carried && !reader.attachment().equals(carried.attachment())) {
      throw new ScheduleException(
          "stage '%s' reads the part before, but is computed elsewhere".formatted(reader.id()),
          carried);
    }
  }

  private static long size(Stage carried) {
    return carried.op().axes().getLast().extent() instanceof IntImm size ? size.value() : -1;
  }

  /** For regions it does not matter where elements lie that other indices depend on. */
  static PrimExpr unlowered(Tensor tensor, List<LinearForm> element) {
    return new Read(tensor, element.stream().map(LinearForm::toExpr).toList());
  }
}
