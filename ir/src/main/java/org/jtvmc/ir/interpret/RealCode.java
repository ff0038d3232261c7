package org.jtvmc.ir.interpret;

/** A compiled floating-point expression. */
@FunctionalInterface
interface RealCode {
  /**
   * @param variables the values of all variables, by position
   */
  double at(long[] variables);
}
