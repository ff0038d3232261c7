package org.jtvmc.schedule.space;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.step.Step;

/**
 * A point of a design space: a schedule, and the decisions that led to it.
 *
 * @param decisions in the order in which they were taken
 */
public record Candidate(Schedule schedule, List<Decision> decisions) {

  /**
   * One decision, with what else could have been decided.
   *
   * @param name unique within the candidate
   * @param options the legal options, as text
   * @param chosen the index of the one taken
   */
  public record Decision(String name, List<String> options, int chosen) {
    public Decision {
      options = List.copyOf(options);
    }

    /** The option taken. */
    public String value() {
      return options.get(chosen);
    }

    /** True where there was something to decide. */
    public boolean isFree() {
      return options.size() > 1;
    }
  }

  public Candidate {
    decisions = List.copyOf(decisions);
  }

  public List<Step> steps() {
    return schedule.steps();
  }

  /** The decisions as name and value, from which {@link DesignSpace#replay} makes it again. */
  public Map<String, String> values() {
    Map<String, String> values = new LinkedHashMap<>();
    for (Decision decision : decisions) {
      values.put(decision.name(), decision.value());
    }
    return values;
  }
}
