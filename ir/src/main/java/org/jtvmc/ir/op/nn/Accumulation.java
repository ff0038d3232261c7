package org.jtvmc.ir.op.nn;

import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TypeException;

/** In which type sums of products are kept. */
final class Accumulation {
  /** The attribute that names the result's element type; the operands' where it is empty. */
  static final String OUT_DTYPE = "out_dtype";

  private Accumulation() {}

  /** The element type of the result; bytes may be of two types where it is given. */
  static DType resultType(Attributes attributes, List<TensorType> operands) {
    boolean given = attributes.values().get(OUT_DTYPE) instanceof AttributeValue.ElementType;
    boolean bytes =
        operands.stream().allMatch(type -> type.dtype().isInteger() && type.dtype().bits() == 8);
    return resultType(
        attributes, given && bytes ? operands.getFirst().dtype() : Shapes.commonDType(operands));
  }

  /** The element type of the result. */
  static DType resultType(Attributes attributes, DType operands) {
    return switch (attributes.values().get(OUT_DTYPE)) {
      case AttributeValue.ElementType(DType dtype) -> dtype;
      case AttributeValue.Text(String text) when text.isEmpty() -> operands;
      case AttributeValue.Text _,
          AttributeValue.Int _,
          AttributeValue.Real _,
          AttributeValue.Bool _,
          AttributeValue.Size _,
          AttributeValue.Items _ ->
          throw new TypeException(OUT_DTYPE + " must be an element type");
    };
  }

  /** Sums of 16-bit floats are kept in {@code float32}. */
  static DType of(DType result) {
    return result.isFloat() && result.bits() < 32 ? DType.F32 : result;
  }

  /** The tensor in that type: itself, or a stage that casts. */
  static Tensor castTo(DType dtype, Tensor tensor) {
    if (tensor.dtype().equals(dtype)) {
      return tensor;
    }
    List<Axis> axes = Axes.of(tensor.shape());
    return Tensor.map(tensor.name() + "_cast", axes, tensor.at(Axes.vars(axes)).cast(dtype));
  }

  /** The product of two values, both cast to the accumulator's type first. */
  static PrimExpr product(PrimExpr left, PrimExpr right, DType accumulator) {
    return left.cast(accumulator).times(right.cast(accumulator));
  }
}
