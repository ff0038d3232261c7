package org.jtvmc.schedule.space;

import java.util.List;
import java.util.Set;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.space.Candidate.Decision;

/**
 * How far the rules have come with a schedule: as much as follows from the decisions taken so far.
 *
 * @param scheduled the stages that need no other rule
 * @param rule the index of the rule that goes on
 * @param stage the index of the stage that it looks at next, counted from the outputs
 */
record Checkpoint(
    Schedule schedule, List<Decision> decisions, Set<String> scheduled, int rule, int stage) {

  Checkpoint {
    decisions = List.copyOf(decisions);
    scheduled = Set.copyOf(scheduled);
  }
}
