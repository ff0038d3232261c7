package org.jtvmc.ir.graph;

import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.TensorType;

/** A tensor whose contents are known. */
public record Constant(NDArray value) implements Expr {

  @Override
  public TensorType type() {
    return value.type();
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
