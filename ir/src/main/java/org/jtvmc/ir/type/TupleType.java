package org.jtvmc.ir.type;

import java.util.List;
import java.util.stream.Collectors;

/** A fixed sequence of values. */
public record TupleType(List<Type> fields) implements Type {

  public TupleType {
    fields = List.copyOf(fields);
  }

  /** The text form: {@code (Tensor[(2), float32], Tensor[(2), int64])}. */
  @Override
  public String toString() {
    return fields.stream().map(Type::toString).collect(Collectors.joining(", ", "(", ")"));
  }
}
