package org.jtvmc.ir.op.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * A new dimension with {@code on_value} at the index and {@code off_value} elsewhere. Negative
 * indices count from the end; those outside give {@code off_value} everywhere. ONNX's OneHot.
 */
public final class OneHot extends TensorOperator {

  public OneHot() {
    super(
        "one_hot",
        FusionKind.INJECTIVE,
        List.of("indices"),
        List.of(
            required("depth", "the size of the new dimension"),
            required("dtype", "the element type of the result"),
            optional("axis", -1, "where the new dimension is in the result"),
            optional("on_value", 1, "the value at the index"),
            optional("off_value", 0, "the value elsewhere")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType indices = arguments.getFirst();
    if (indices.dtype().isBool()) {
      throw new TypeException("the indices must be numbers and are bool");
    }
    DType dtype = attributes.dtype("dtype");
    Literal.of(attributes, "on_value", dtype);
    Literal.of(attributes, "off_value", dtype);
    List<Dim> shape = new ArrayList<>(indices.shape());
    shape.add(
        Shapes.axis(attributes.integer("axis"), indices.rank() + 1),
        Dim.of(attributes.integer("depth")));
    return new TensorType(shape, dtype);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor indices = inputs.getFirst();
    DType dtype = attributes.dtype("dtype");
    List<Axis> axes = Axes.of(result);
    int axis = Shapes.axis(attributes.integer("axis"), axes.size());
    List<PrimExpr> at = new ArrayList<>(Axes.vars(axes));
    at.remove(axis);
    PrimExpr index = indices.at(at).cast(DType.I64);
    PrimExpr fromFront = Indexing.fromFront(index, IntImm.of(attributes.integer("depth")));
    return List.of(
        Tensor.map(
            "one_hot",
            axes,
            Select.of(
                fromFront.equalTo(axes.get(axis).var()),
                Literal.of(attributes, "on_value", dtype),
                Literal.of(attributes, "off_value", dtype))));
  }
}
