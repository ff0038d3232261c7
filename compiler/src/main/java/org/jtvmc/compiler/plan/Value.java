package org.jtvmc.compiler.plan;

import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.TensorType;

/** A tensor that exists while a model runs. Results are equal only to themselves. */
public sealed interface Value {

  TensorType type();

  /** The model's {@code index}-th input tensor. */
  record Input(int index, TensorType type) implements Value {}

  /** A tensor known when the model is compiled. */
  record Weight(NDArray data) implements Value {
    @Override
    public TensorType type() {
      return data.type();
    }
  }

  /** What a kernel writes. */
  final class Result implements Value {
    private final TensorType type;

    public Result(TensorType type) {
      this.type = type;
    }

    @Override
    public TensorType type() {
      return type;
    }
  }

  /** The bytes of another value under another shape. */
  record View(Value of, TensorType type) implements Value {}

  /** The value whose memory this one's is: itself, unless it is a view. */
  default Value storage() {
    Value value = this;
    while (value instanceof View view) {
      value = view.of;
    }
    return value;
  }
}
