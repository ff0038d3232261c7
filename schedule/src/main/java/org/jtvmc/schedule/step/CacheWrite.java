package org.jtvmc.schedule.step;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/**
 * Moves the computation of a stage into a new one, {@code stage.cache}, in local memory; the stage
 * itself then copies the cache. Comes before the stage's loops are changed.
 */
public record CacheWrite(String stage) implements Step {

  /** The id of the stage that does the computing. */
  public static String cacheOf(String stage) {
    return stage + ".cache";
  }

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage target = schedule.stage(stage);
    if (target.isInlined()) {
      throw new ScheduleException(
          "stage '%s' is inlined, so it is not written".formatted(stage), target);
    }
    if (!target.isFresh() || !schedule.attachedTo(stage).isEmpty()) {
      throw new ScheduleException(
          "a cache of '%s' must be made before its loops are changed".formatted(stage), target);
    }
    String id = cacheOf(stage);
    if (schedule.find(id).isPresent()) {
      throw new ScheduleException("stage '%s' has a cache already".formatted(stage), target);
    }
    ComputeOp op = target.op();
    Tensor cached =
        Tensor.of(new ComputeOp(id, op.axes(), op.reduceAxes(), op.reducer(), op.body()));
    Stage cache = Stage.of(id, cached, (ComputeOp) cached.op(), false);
    for (var redirect : target.redirects().entrySet()) {
      cache = cache.withRedirect(redirect.getKey(), redirect.getValue());
    }
    List<? extends PrimExpr> indices = op.axes().stream().map(Axis::var).toList();
    ComputeOp copy =
        new ComputeOp(op.name(), op.axes(), List.of(), Optional.empty(), cached.at(indices));
    return schedule.withStageBefore(cache, stage).withStage(target.withOp(copy));
  }
}
