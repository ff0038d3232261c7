package org.jtvmc.ir.text;

import java.util.Optional;
import org.jtvmc.ir.graph.Operator;

/** Finds the operators that a text names. */
@FunctionalInterface
public interface OperatorLookup {

  /** The operator of that name, such as {@code nn.conv2d}; empty where there is none. */
  Optional<Operator> find(String name);
}
