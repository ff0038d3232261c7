package org.jtvmc.ir.graph;

import java.util.List;
import org.jtvmc.ir.type.TupleType;

/** Several values as one. */
public record Tuple(List<Expr> fields, TupleType type) implements Expr {

  public Tuple {
    fields = List.copyOf(fields);
  }

  public static Tuple of(List<? extends Expr> fields) {
    return new Tuple(List.copyOf(fields), new TupleType(fields.stream().map(Expr::type).toList()));
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
