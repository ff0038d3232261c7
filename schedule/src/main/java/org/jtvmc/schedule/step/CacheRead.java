package org.jtvmc.schedule.step;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/**
 * Has {@code reader} read a stage or an input through a copy, the new stage {@code stage.read}.
 *
 * @param stage the stage or input that is read
 * @param scope where the copy lives while it is computed at a loop
 */
public record CacheRead(String stage, String reader, Scope scope) implements Step {

  @Override
  public Schedule applyTo(Schedule schedule) {
    Tensor original = schedule.tensor(stage);
    Stage target = schedule.stage(reader);
    if (target.isInlined() || !schedule.reads(target, original)) {
      throw new ScheduleException("stage '%s' does not read '%s'".formatted(reader, stage), target);
    }
    if (target.redirects().containsKey(original)) {
      throw new ScheduleException(
          "stage '%s' reads '%s' through a copy already".formatted(reader, stage), target);
    }
    String id = schedule.derivedId(stage, "read");
    List<Axis> axes = new ArrayList<>(original.rank());
    List<PrimVar> indices = new ArrayList<>(original.rank());
    for (int i = 0; i < original.rank(); i++) {
      Axis axis = Axis.of("i" + i, original.dim(i));
      axes.add(axis);
      indices.add(axis.var());
    }
    ComputeOp copy = new ComputeOp(id, axes, List.of(), Optional.empty(), original.at(indices));
    Tensor cached = Tensor.of(copy);
    return schedule
        .withStageBefore(Stage.of(id, cached, copy, false).withScope(scope), reader)
        .withStage(target.withRedirect(original, cached));
  }
}
