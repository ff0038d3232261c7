package org.jtvmc.schedule.step;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Relation;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/**
 * Divides a loop into {@code factors.size() + 1} nested ones, named {@code axis.0}, {@code axis.1}
 * and so on from the outermost.
 *
 * @param factors the extents of the inner loops, outermost first; the outermost loop of all runs
 *     {@code ceil(extent / product)} times. They need not divide the extent: what lies beyond it is
 *     not computed.
 */
public record Split(String stage, String axis, List<Long> factors) implements Step {

  public Split {
    factors = List.copyOf(factors);
  }

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage target = schedule.stage(stage);
    IterVar loop = Loops.findReplaceable(schedule, target, axis);
    if (factors.isEmpty() || factors.stream().anyMatch(factor -> factor < 1)) {
      throw new ScheduleException(
          "a loop is split by one or more factors, each at least 1, not " + factors, target, axis);
    }
    String prefix = axis.indexOf('+') < 0 ? axis : "(" + axis + ")";
    List<String> parts = new ArrayList<>(factors.size() + 1);
    for (int part = 0; part <= factors.size(); part++) {
      parts.add(prefix + "." + part);
    }
    Relation.Split relation = new Relation.Split(axis, parts, factors);
    List<PrimExpr> sizes = relation.sizes(loop.size());
    List<IterVar> leaves = new ArrayList<>(target.leaves().size() + factors.size());
    for (IterVar leaf : target.leaves()) {
      if (leaf == loop) {
        for (int part = 0; part < sizes.size(); part++) {
          leaves.add(IterVar.of(parts.get(part), loop.kind(), sizes.get(part)));
        }
      } else {
        leaves.add(leaf);
      }
    }
    return schedule.withStage(target.withRelation(relation, leaves));
  }
}
