package org.jtvmc.tests.operators;

import java.util.function.Function;

/**
 * What is tried of one operator.
 *
 * @param draw makes a random model of it
 */
record OperatorCase(String name, Function<Draw, OneNodeModel> draw) {

  static OperatorCase of(String name, Function<Draw, OneNodeModel> draw) {
    return new OperatorCase(name, draw);
  }

  @Override
  public String toString() {
    return name;
  }
}
