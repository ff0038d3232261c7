package org.jtvmc.ir.op.tensor;

import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Sizes;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TypeException;

/** Attributes that are one element of a tensor. */
final class Literal {

  private Literal() {}

  /**
   * The attribute as a constant of that type; integers exactly.
   *
   * @throws TypeException where it is no number or truth value
   */
  static PrimExpr of(Attributes attributes, String name, DType dtype) {
    return switch (attributes.values().get(name)) {
      case AttributeValue.Int(long value) ->
          dtype.isBool() ? IntImm.of(value != 0) : IntImm.of(dtype, value);
      case AttributeValue.Bool(boolean value) -> IntImm.of(dtype, value ? 1 : 0);
      case AttributeValue.Real(double value) -> {
        if (dtype.isFloat()) {
          yield new FloatImm(dtype, value);
        }
        yield dtype.isBool() ? IntImm.of(value != 0) : IntImm.of(dtype, (long) value);
      }
      case AttributeValue.Size(var size) -> Sizes.expr(size).cast(dtype);
      case AttributeValue.Text _, AttributeValue.ElementType _, AttributeValue.Items _ ->
          throw new TypeException(
              "attribute '%s' is %s, not a number".formatted(name, attributes.values().get(name)));
    };
  }
}
