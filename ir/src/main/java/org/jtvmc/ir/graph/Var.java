package org.jtvmc.ir.graph;

import org.jtvmc.ir.type.Type;

/** A parameter of a function or a name bound by {@link Let}. Equal only to itself. */
public final class Var implements Expr {
  private final String name;
  private final Type type;

  public Var(String name, Type type) {
    this.name = name;
    this.type = type;
  }

  public String name() {
    return name;
  }

  @Override
  public Type type() {
    return type;
  }

  @Override
  public String toString() {
    return "%" + name;
  }
}
