package org.jtvmc.ir.graph;

import org.jtvmc.ir.type.Type;

/** One of two values, by a scalar bool that may be known only at run time. */
public record If(Expr condition, Expr whenTrue, Expr whenFalse) implements Expr {

  /** The branches' common type. */
  @Override
  public Type type() {
    return whenTrue.type();
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
