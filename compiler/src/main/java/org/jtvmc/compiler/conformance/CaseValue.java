package org.jtvmc.compiler.conformance;

import java.util.List;
import java.util.Map;
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

  /** Adds the tensors it is made of; those of a sequence {@code x} are {@code x.0}, {@code x.1}. */
  default void flatten(String name, Map<String, NDArray> into) {
    switch (this) {
      case Tensor(NDArray array) -> into.put(name, array);
      case Sequence(List<CaseValue> elements) -> {
        for (int i = 0; i < elements.size(); i++) {
          elements.get(i).flatten(name + "." + i, into);
        }
      }
      case Nothing _ -> {
        // It is made of none.
      }
    }
  }
}
