package org.jtvmc.schedule.step;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.StorageOrder;

/**
 * Says how the elements of a stage lie in memory while it is computed at a loop of another: see
 * {@link StorageOrder}.
 *
 * @param axes all output axes, that with the smallest stride last
 * @param padding elements left out after each run of the last axis; none where they are swizzled
 */
public record OrderStorage(String stage, List<String> axes, long padding, boolean swizzled)
    implements Step {

  /** Elements that are not swizzled. */
  public OrderStorage(String stage, List<String> axes, long padding) {
    this(stage, axes, padding, false);
  }

  public OrderStorage {
    axes = List.copyOf(axes);
  }

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage target = schedule.stage(stage);
    Set<String> spatial = new HashSet<>();
    target.axes().stream().filter(axis -> !axis.isReduce()).map(IterVar::id).forEach(spatial::add);
    if (axes.size() != spatial.size() || !spatial.equals(Set.copyOf(axes)) || padding < 0) {
      throw new ScheduleException(
          "elements are ordered by every output axis once, not by %s".formatted(axes), target);
    }
    if (swizzled && padding > 0) {
      throw new ScheduleException("swizzled elements leave none out, not " + padding, target);
    }
    return schedule.withStage(target.withOrder(new StorageOrder(axes, padding, swizzled)));
  }
}
