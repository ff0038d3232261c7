package org.jtvmc.tuner.draft;

import java.util.List;
import org.jtvmc.tuner.feature.LoopAnalysis;

/**
 * What a kernel takes on a machine, in cycles.
 *
 * @param statements its statements, in their order
 * @param cycles all of it together
 * @param waking of these, for waking threads
 */
record ProgramCost(List<StatementCost> statements, double cycles, double waking) {

  ProgramCost {
    statements = List.copyOf(statements);
  }

  static ProgramCost of(RooflineDraft draft, LoopAnalysis loops) {
    List<StatementCost> costs = draft.costs(loops);
    return new ProgramCost(
        costs, RooflineDraft.cycles(loops, costs), RooflineDraft.wakingCycles(loops));
  }

  /** For its arithmetic alone, with full vectors on every unit of every core. */
  double ideal() {
    return statements.stream().mapToDouble(cost -> cost.ideal() / cost.cores()).sum();
  }

  /** For its instructions, on all cores together. */
  double issue() {
    return statements.stream().mapToDouble(StatementCost::issue).sum();
  }

  /** For what comes from the second cache, the third and memory, on all cores together. */
  double memory() {
    return statements.stream().mapToDouble(c -> c.l2() + c.l3() + c.memory()).sum();
  }
}
