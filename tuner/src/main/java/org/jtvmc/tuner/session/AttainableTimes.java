package org.jtvmc.tuner.session;

import java.util.HashMap;
import java.util.Map;
import org.jtvmc.tuner.task.TuningTask;

/**
 * What the machine's peaks allow each task. Measuring peaks takes time that trials could have: with
 * a budget a small part of it is spent so.
 */
final class AttainableTimes {
  private static final double MOST_OF_TIME = 0.05;

  /** What the first takes, for which code is made. */
  private static final double SECONDS_OF_FIRST = 0.5;

  private final Workbench workbench;
  private final TimePlan time;
  private final Map<String, Double> known = new HashMap<>();
  private double spent;

  AttainableTimes(Workbench workbench, TimePlan time) {
    this.workbench = workbench;
    this.time = time;
  }

  /** The least time of a task, in milliseconds; 0 where it is not known. */
  double ms(TuningTask task) {
    Double before = known.get(task.workload());
    if (before != null) {
      return before;
    }
    double next = known.isEmpty() ? SECONDS_OF_FIRST : spent / known.size();
    if (!time.endless() && spent + next > MOST_OF_TIME * time.seconds()) {
      return 0;
    }
    double since = time.seconds();
    double ms = workbench.attainableMs(task);
    spent += time.seconds() - since;
    known.put(task.workload(), ms);
    return ms;
  }
}
