package org.jtvmc.ir.op.control;

import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.HostOperator;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/** What the steps have in common. */
abstract class ControlStep extends TensorOperator implements HostOperator {

  private final String symbol;

  /**
   * @param name the operator's, {@code control.} before it
   * @param parameters the arguments' names, for messages
   */
  ControlStep(String name, List<String> parameters, List<AttributeSpec> attributes) {
    super("control." + name, FusionKind.OPAQUE, parameters, attributes);
    symbol = "jtvmc_control_" + name;
  }

  @Override
  public final String symbol() {
    return symbol;
  }

  @Override
  public final boolean controls() {
    return true;
  }

  /** As {@link #parameters}, with every declared attribute. */
  abstract List<Long> numbers(List<TensorType> inputs, Attributes attributes, Type result);

  @Override
  public final List<Long> parameters(List<TensorType> inputs, Attributes attributes, Type result) {
    return numbers(inputs, complete(attributes), result);
  }

  /** A description of a value of so many dimensions. */
  static TensorType description(long rank) {
    return TensorType.of(DType.I64, 1 + rank);
  }

  /** A sequence's handle. */
  static void requireHandle(TensorType given) {
    if (!given.equals(description(0))) {
      throw new TypeException("takes a sequence, not " + given);
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException always: a handle means something in a run only
   */
  @Override
  public final List<NDArray> evaluate(List<NDArray> inputs, Attributes attributes, Type result) {
    throw new IllegalArgumentException(name() + " is a step of a compiled model's run only");
  }

  @Override
  protected final List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    throw new IllegalArgumentException(name() + " is no tensor expression");
  }
}
