package org.jtvmc.schedule.step;

import java.util.List;
import java.util.stream.IntStream;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.intrinsic.TensorIntrinsic;
import org.jtvmc.schedule.intrinsic.TensorIntrinsics;

/**
 * Has an instruction do the work of a loop and all loops inside it. Their extents are those of the
 * intrinsic's axes (or less, where it does shorter tiles), spatial and reduced ones each in order;
 * that they compute the same on operands that lie in memory as the instruction wants them is
 * checked when the schedule is lowered.
 *
 * @param axis the outermost of the loops
 * @param intrinsic the name of a {@link TensorIntrinsic}
 */
public record Tensorize(String stage, String axis, String intrinsic) implements Step {

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage target = schedule.stage(stage);
    Loops.findSerial(target, axis);
    TensorIntrinsic found =
        TensorIntrinsics.find(intrinsic)
            .orElseThrow(
                () ->
                    new ScheduleException(
                        "there is no tensor intrinsic '%s'; there are %s"
                            .formatted(intrinsic, TensorIntrinsics.LIST)));
    ComputeOp computes = found.computes();
    List<IterVar> inner = target.leaves().subList(target.position(axis), target.leaves().size());
    for (IterVar loop : inner) {
      Loops.findReplaceable(schedule, target, loop.id());
    }
    boolean fits =
        target.op().reducer().equals(computes.reducer())
            && fits(found, computes.axes(), extents(inner, false))
            && fits(found, computes.reduceAxes(), extents(inner, true));
    if (!fits) {
      throw new ScheduleException(
          "the loops from '%s' inwards are not those of intrinsic '%s', %s"
              .formatted(axis, intrinsic, computes),
          target,
          axis);
    }
    return schedule.withStage(target.withLeaf(axis, leaf -> leaf.tensorizedBy(intrinsic)));
  }

  private static boolean fits(TensorIntrinsic intrinsic, List<Axis> axes, List<Long> extents) {
    return axes.size() == extents.size()
        && IntStream.range(0, axes.size())
            .allMatch(i -> intrinsic.fits(axes.get(i), extents.get(i)));
  }

  private static List<Long> extents(List<IterVar> loops, boolean reduced) {
    return loops.stream().filter(l -> l.isReduce() == reduced).map(IterVar::extent).toList();
  }
}
