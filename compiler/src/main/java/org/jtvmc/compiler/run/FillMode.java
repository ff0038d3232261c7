package org.jtvmc.compiler.run;

/** What inputs hold that a user gives no contents for. */
public enum FillMode {
  ZEROS,
  ONES,
  /** Floats in [0, 1); integers below what the model looks up with them. */
  RANDOM
}
