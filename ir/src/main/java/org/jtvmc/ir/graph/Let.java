package org.jtvmc.ir.graph;

import org.jtvmc.ir.type.Type;

/** {@code body}, in which {@code var} stands for {@code value}. */
public record Let(Var var, Expr value, Expr body) implements Expr {

  @Override
  public Type type() {
    return body.type();
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
