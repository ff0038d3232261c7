package org.jtvmc.ir.op.math;

import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/**
 * Each element converted to another type, by the rules of {@link org.jtvmc.ir.expr.Cast}; to a
 * narrow float to the nearest, ties to even.
 */
public final class CastElements extends TensorOperator {

  public CastElements() {
    super(
        "cast",
        FusionKind.ELEMENTWISE,
        List.of("x"),
        List.of(
            required("dtype", "the element type of the result"),
            optional(
                "saturate", true, "whether what a narrow float cannot hold becomes its largest"),
            optional("round_mode", "up", "of powers of two: 'up', 'down' or 'nearest'")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    return arguments.getFirst().withDType(attributes.dtype("dtype"));
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor x = inputs.getFirst();
    DType dtype = attributes.dtype("dtype");
    List<Axis> axes = Axes.of(x.shape());
    PrimExpr value = NarrowTypes.widen(x.at(Axes.vars(axes)));
    PrimExpr converted =
        dtype.isNarrow()
            ? NarrowTypes.narrow(
                dtype, value, attributes.bool("saturate"), attributes.text("round_mode"))
            : value.cast(dtype);
    return List.of(Tensor.map(name(), axes, converted));
  }
}
