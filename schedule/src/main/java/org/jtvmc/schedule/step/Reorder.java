package org.jtvmc.schedule.step;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/**
 * Exchanges loops.
 *
 * @param axes the loops in their new order, outermost first; they share out the positions that they
 *     have now, and the loops not named stay where they are
 */
public record Reorder(String stage, List<String> axes) implements Step {

  public Reorder {
    axes = List.copyOf(axes);
  }

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage target = schedule.stage(stage);
    Set<String> named = new HashSet<>();
    List<IterVar> wanted = new ArrayList<>(axes.size());
    for (String axis : axes) {
      wanted.add(Loops.find(target, axis));
      if (!named.add(axis)) {
        throw new ScheduleException("loop '%s' is named twice".formatted(axis), target, axis);
      }
    }
    List<IterVar> leaves = new ArrayList<>(target.leaves().size());
    int next = 0;
    for (IterVar leaf : target.leaves()) {
      leaves.add(named.contains(leaf.id()) ? wanted.get(next++) : leaf);
    }
    return schedule.withStage(target.withLeaves(leaves));
  }
}
