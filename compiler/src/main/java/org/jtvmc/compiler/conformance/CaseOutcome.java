package org.jtvmc.compiler.conformance;

import java.util.List;

/**
 * What came of a case.
 *
 * @param reason why it failed or was skipped; empty where it passed
 * @param operators of the model's graph, each once; with their domain where it is not ONNX's own
 * @param fixedInputs names of the inputs whose contents had to be known when the model was compiled
 */
public record CaseOutcome(
    String name, Status status, String reason, List<String> operators, List<String> fixedInputs) {

  /** The ways a case can end. */
  public enum Status {
    PASSED,
    FAILED,
    SKIPPED
  }

  public CaseOutcome {
    operators = List.copyOf(operators);
    fixedInputs = List.copyOf(fixedInputs);
  }
}
