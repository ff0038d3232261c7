package org.jtvmc.compiler.passes;

import org.jtvmc.ir.pass.Invariant;

/** What graph passes establish for each other. */
public final class GraphInvariants {

  /** Every node has the type that its callee's rule gives, and every variable is bound. */
  public static final Invariant TYPED = new Invariant("types checked");

  /** No attribute repeats its default; each result of a split is a slice; no identity is left. */
  public static final Invariant CANONICAL = new Invariant("canonical");

  /** Every call of an operator is inside a primitive function, and those call nothing else. */
  public static final Invariant FUSED = new Invariant("operators fused");

  private GraphInvariants() {}
}
