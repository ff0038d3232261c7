package org.jtvmc.ir.op.tensor;

import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.expr.Sizes;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * Sizes as a tensor: what a graph computes of shapes, where some are known only at run time. The
 * elements are integers that fit the element type.
 */
public final class SizeValues extends TensorOperator {

  public SizeValues() {
    super(
        "size_values",
        FusionKind.ELEMENTWISE,
        List.of(),
        List.of(
            required("values", "sizes and integers, in row-major order"),
            required("shape", "the shape of the result"),
            required("dtype", "the element type: an integer")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    DType dtype = attributes.dtype("dtype");
    if (!dtype.isInteger()) {
      throw new TypeException("sizes are integers, not " + dtype);
    }
    TensorType type =
        new TensorType(attributes.integers("shape").stream().map(Dim::of).toList(), dtype);
    int count = attributes.items("values").size();
    if (count != type.elements()) {
      throw new TypeException("%d values do not fill %s".formatted(count, type));
    }
    return type;
  }

  /** The elements of a call's result. */
  public static List<PrimExpr> elements(Attributes attributes) {
    return attributes.items("values").stream()
        .map(
            value ->
                switch (value) {
                  case AttributeValue.Int(long number) -> IntImm.of(number);
                  case AttributeValue.Size(Dim size) -> Sizes.expr(size);
                  case AttributeValue.Real _,
                      AttributeValue.Bool _,
                      AttributeValue.Text _,
                      AttributeValue.ElementType _,
                      AttributeValue.Items _ ->
                      throw new TypeException(value + " is no size");
                })
        .toList();
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    TensorType type = (TensorType) result;
    List<Axis> axes = Axes.of(result);
    PrimExpr position = Axes.flatten(Axes.vars(axes), Axes.extents(type));
    List<PrimExpr> values = elements(attributes);
    PrimExpr value = IntImm.of(0);
    for (int i = values.size() - 1; i >= 0; i--) {
      PrimExpr size = values.get(i);
      value =
          i == values.size() - 1 ? size : Select.of(position.equalTo(IntImm.of(i)), size, value);
    }
    return List.of(Tensor.map("size_values", axes, value.cast(type.dtype())));
  }
}
