package org.jtvmc.ir.op.control;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** The tensor that a description describes; its sizes are known by now. */
public final class Fetch extends ControlStep {

  public Fetch() {
    super(
        "fetch",
        List.of("description"),
        List.of(required("shape", "the tensor's"), required("dtype", "the tensor's")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    return new TensorType(attributes.sizes("shape"), attributes.dtype("dtype"));
  }

  @Override
  List<Long> numbers(List<TensorType> inputs, Attributes attributes, Type result) {
    TensorType type = (TensorType) result;
    return List.of(type.isStatic() ? type.bytes() : -1L);
  }
}
