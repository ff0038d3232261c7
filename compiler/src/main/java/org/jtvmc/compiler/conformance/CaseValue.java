package org.jtvmc.compiler.conformance;

import java.util.List;
import org.jtvmc.ir.data.NDArray;

/** What a case gives for an input, or expects of an output. */
sealed interface CaseValue {

  /** A tensor. */
  record Tensor(NDArray array) implements CaseValue {}

  /** A sequence. */
  record Sequence(List<CaseValue> elements) implements CaseValue {
    public Sequence {
      elements = List.copyOf(elements);
    }
  }

  /** An optional value that is not there. */
  record Nothing() implements CaseValue {}
}
