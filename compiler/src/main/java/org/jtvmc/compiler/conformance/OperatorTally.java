package org.jtvmc.compiler.conformance;

import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jtvmc.compiler.conformance.CaseOutcome.Status;

/**
 * How the cases ended that an operator occurs in. A case counts for each of its operators.
 *
 * @param passed number of cases
 * @param failed number of cases
 * @param skipped number of cases
 */
public record OperatorTally(int passed, int failed, int skipped) {

  private static final OperatorTally NONE = new OperatorTally(0, 0, 0);

  /** The tally of each operator, by its name. */
  public static SortedMap<String, OperatorTally> of(Collection<CaseOutcome> outcomes) {
    SortedMap<String, OperatorTally> tallies = new TreeMap<>();
    for (CaseOutcome outcome : outcomes) {
      for (String operator : outcome.operators()) {
        tallies.merge(operator, NONE.with(outcome.status()), OperatorTally::plus);
      }
    }
    return tallies;
  }

  private OperatorTally with(Status status) {
    return switch (status) {
      case PASSED -> new OperatorTally(passed + 1, failed, skipped);
      case FAILED -> new OperatorTally(passed, failed + 1, skipped);
      case SKIPPED -> new OperatorTally(passed, failed, skipped + 1);
    };
  }

  private OperatorTally plus(OperatorTally other) {
    return new OperatorTally(passed + other.passed, failed + other.failed, skipped + other.skipped);
  }
}
