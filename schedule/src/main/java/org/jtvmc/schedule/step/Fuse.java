package org.jtvmc.schedule.step;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Sizes;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Relation;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/**
 * Makes one loop, named {@code a+b}, of loops that are nested directly in each other.
 *
 * @param axes two or more, outermost first
 */
public record Fuse(String stage, List<String> axes) implements Step {

  public Fuse {
    axes = List.copyOf(axes);
  }

  /** The name of the loop that this step makes. */
  public String fused() {
    return String.join("+", axes.stream().map(Fuse::quoted).toList());
  }

  private static String quoted(String axis) {
    return axis.indexOf('+') < 0 || axis.indexOf('(') == 0 ? axis : "(" + axis + ")";
  }

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage target = schedule.stage(stage);
    if (axes.size() < 2) {
      throw new ScheduleException("two or more loops are fused, not " + axes, target);
    }
    int first = -1;
    List<PrimExpr> sizes = new ArrayList<>(axes.size());
    IterVar.Kind kind = null;
    for (int i = 0; i < axes.size(); i++) {
      IterVar loop = Loops.findReplaceable(schedule, target, axes.get(i));
      int position = target.position(axes.get(i));
      if (i == 0) {
        first = position;
        kind = loop.kind();
      } else if (position != first + i) {
        throw new ScheduleException(
            "loop '%s' is not directly inside loop '%s'".formatted(axes.get(i), axes.get(i - 1)),
            target,
            axes.get(i));
      } else if (loop.kind() != kind) {
        throw new ScheduleException(
            "a reduce loop and a spatial one cannot be fused", target, axes.get(i));
      }
      sizes.add(loop.size());
    }
    List<IterVar> leaves = new ArrayList<>(target.leaves().subList(0, first));
    leaves.add(IterVar.of(fused(), kind, Sizes.product(sizes)));
    leaves.addAll(target.leaves().subList(first + axes.size(), target.leaves().size()));
    return schedule.withStage(target.withRelation(new Relation.Fuse(axes, fused()), leaves));
  }
}
