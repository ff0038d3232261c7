package org.jtvmc.ir.graph;

import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/** One value of a tuple. */
public record TupleGetItem(Expr tuple, int index, Type type) implements Expr {

  /**
   * The {@code index}-th field of {@code tuple}.
   *
   * @throws TypeException where it is no tuple or has no such field
   */
  public static TupleGetItem of(Expr tuple, int index) {
    if (!(tuple.type() instanceof TupleType(var fields))) {
      throw new TypeException("a field is taken of " + tuple.type() + ", which is no tuple");
    }
    if (index < 0 || index >= fields.size()) {
      throw new TypeException(
          "field %d is taken of a tuple with %d fields".formatted(index, fields.size()));
    }
    return new TupleGetItem(tuple, index, fields.get(index));
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
