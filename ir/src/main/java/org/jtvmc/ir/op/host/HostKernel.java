package org.jtvmc.ir.op.host;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.HostOperator;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;

/** What the operators of the native runtime have in common. */
abstract class HostKernel extends TensorOperator implements HostOperator {

  private final String symbol;

  /**
   * @param name the operator's, {@code host.} before it
   * @param parameters the arguments' names, for messages
   */
  HostKernel(String name, List<String> parameters, List<AttributeSpec> attributes) {
    super("host." + name, FusionKind.OPAQUE, parameters, attributes);
    symbol = "jtvmc_host_" + name;
  }

  @Override
  public final String symbol() {
    return symbol;
  }

  /** As {@link #openParameters}, with every declared attribute. */
  abstract List<Dim> sizes(List<TensorType> inputs, Attributes attributes, Type result);

  /** As {@link #evaluate}, with every declared attribute. */
  abstract List<NDArray> results(List<NDArray> inputs, Attributes attributes, Type result);

  @Override
  public final List<Long> parameters(List<TensorType> inputs, Attributes attributes, Type result) {
    return sizes(inputs, complete(attributes), result).stream().map(Dim::value).toList();
  }

  @Override
  public final Optional<List<Dim>> openParameters(
      List<TensorType> inputs, Attributes attributes, Type result) {
    return Optional.of(sizes(inputs, complete(attributes), result));
  }

  @Override
  public final List<NDArray> evaluate(List<NDArray> inputs, Attributes attributes, Type result) {
    return results(inputs, complete(attributes), result);
  }

  @Override
  protected final List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    throw new IllegalArgumentException(name() + " is no tensor expression");
  }

  static List<TensorType> types(Type result) {
    return switch (result) {
      case TensorType tensor -> List.of(tensor);
      case TupleType(List<Type> fields) ->
          fields.stream().map(field -> (TensorType) field).toList();
    };
  }

  /** What a function is told of an element type: how its elements compare. */
  static long code(DType dtype) {
    long kind =
        switch (dtype.kind()) {
          case INT -> 0;
          case UINT,
              BOOL,
              FLOAT8_E4M3FN,
              FLOAT8_E4M3FNUZ,
              FLOAT8_E5M2,
              FLOAT8_E5M2FNUZ,
              FLOAT8_E8M0FNU,
              FLOAT4_E2M1FN,
              STRING ->
              1;
          case FLOAT -> 2;
          case BFLOAT -> 3;
          case TFLOAT -> throw new IllegalArgumentException(dtype + " is for products on GPUs");
        };
    return kind * 16 + dtype.bytes();
  }

  static long product(List<Long> sizes) {
    return sizes.stream().reduce(1L, Math::multiplyExact);
  }

  /** A flag as a number. */
  static Dim flag(boolean value) {
    return Dim.of(value ? 1 : 0);
  }
}
