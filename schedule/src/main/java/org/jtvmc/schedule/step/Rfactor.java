package org.jtvmc.schedule.step;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.AxisValues;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/**
 * Factors a reduction: a new stage, {@code stage.rf}, has the reduce loop {@code axis} as an output
 * axis and reduces over the others; the stage itself reduces that over {@code axis}. So partial
 * results can be computed in parallel, or in the lanes of a vector.
 *
 * @param axis a reduce loop, usually a part of a split one
 * @param outermost true where it is the first output axis, so that what belongs to one part lies
 *     together; else it is the last
 */
public record Rfactor(String stage, String axis, boolean outermost) implements Step {

  /** The partial results of one element lie side by side. */
  public Rfactor(String stage, String axis) {
    this(stage, axis, false);
  }

  /** The id of the stage that computes the partial results. */
  public static String factorOf(String stage) {
    return stage + ".rf";
  }

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage target = schedule.stage(stage);
    IterVar factor = Loops.findReplaceable(schedule, target, axis);
    check(schedule, target, factor);

    ComputeOp op = target.op();
    Reducer reducer = op.reducer().orElseThrow();
    List<Axis> reduced = new ArrayList<>();
    Axis factorAxis = null;
    Map<String, PrimExpr> values = new HashMap<>();
    for (IterVar leaf : target.leaves()) {
      if (leaf.isReduce()) {
        Axis leafAxis = Axis.of(leaf.id(), leaf.size());
        values.put(leaf.id(), leafAxis.var());
        if (leaf == factor) {
          factorAxis = leafAxis;
        } else {
          reduced.add(leafAxis);
        }
      }
    }
    AxisValues.complete(target, values);
    PrimExpr body = body(target, reducer, values);

    String id = factorOf(stage);
    List<Axis> axes = new ArrayList<>(op.axes());
    int place = outermost ? 0 : axes.size();
    axes.add(place, factorAxis);
    ComputeOp partial =
        reduced.isEmpty()
            ? new ComputeOp(id, axes, List.of(), Optional.empty(), body)
            : new ComputeOp(id, axes, reduced, op.reducer(), body);
    Tensor partialTensor = Tensor.of(partial);
    Stage partialStage = Stage.of(id, partialTensor, partial, false);
    for (var redirect : target.redirects().entrySet()) {
      partialStage = partialStage.withRedirect(redirect.getKey(), redirect.getValue());
    }

    Axis finalAxis = Axis.of(axis, factor.size());
    List<PrimExpr> indices = new ArrayList<>();
    op.axes().forEach(a -> indices.add(a.var()));
    indices.add(place, finalAxis.var());
    ComputeOp last =
        new ComputeOp(
            op.name(), op.axes(), List.of(finalAxis), op.reducer(), partialTensor.at(indices));
    return schedule.withStageBefore(partialStage, stage).withStage(target.withOp(last));
  }

  private void check(Schedule schedule, Stage target, IterVar factor) {
    if (!factor.isReduce()) {
      throw new ScheduleException("'%s' is not a reduce loop".formatted(axis), target, axis);
    }
    boolean spatialChanged =
        target.leaves().stream().anyMatch(leaf -> !leaf.isReduce() && !target.axes().contains(leaf))
            || target.leaves().stream().anyMatch(IterVar::isAnnotated)
            || !schedule.attachedTo(stage).isEmpty();
    if (spatialChanged) {
      throw new ScheduleException(
          "a reduction is factored before any loop but its reduce loops is changed", target, axis);
    }
    if (schedule.find(factorOf(stage)).isPresent()) {
      throw new ScheduleException("stage '%s' is factored already".formatted(stage), target, axis);
    }
  }

  /** The body at the leaves' values; the neutral element where an uneven split oversteps. */
  private static PrimExpr body(Stage target, Reducer reducer, Map<String, PrimExpr> values) {
    ComputeOp op = target.op();
    Map<PrimVar, PrimExpr> substitution = new HashMap<>();
    for (int i = 0; i < op.reduceAxes().size(); i++) {
      String id = target.axes().get(op.axes().size() + i).id();
      substitution.put(op.reduceAxes().get(i).var(), values.get(id));
    }
    Map<String, PrimExpr> sizes = AxisValues.sizes(target);
    PrimExpr inside = IntImm.TRUE;
    for (String overstepped : AxisValues.overstepped(target, sizes)) {
      inside = inside.and(values.get(overstepped).lessThan(sizes.get(overstepped)));
    }
    PrimExpr body = PrimExprs.substitute(op.body(), substitution);
    return Select.of(inside, body, reducer.identity(op.dtype()));
  }
}
