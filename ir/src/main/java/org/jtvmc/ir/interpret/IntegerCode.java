package org.jtvmc.ir.interpret;

/**
 * A compiled integer or boolean expression; a bool is 0 or 1, an unsigned 64-bit value its bits.
 */
@FunctionalInterface
interface IntegerCode {
  /**
   * @param variables the values of all variables, by position
   */
  long at(long[] variables);
}
