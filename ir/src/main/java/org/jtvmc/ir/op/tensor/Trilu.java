package org.jtvmc.ir.op.tensor;

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
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** The upper or lower triangle of the last two dimensions, zero elsewhere. ONNX's Trilu. */
public final class Trilu extends TensorOperator {

  public Trilu() {
    super(
        "trilu",
        FusionKind.ELEMENTWISE,
        List.of("data"),
        List.of(
            optional("upper", true, "whether the upper triangle is kept and not the lower"),
            optional("k", 0, "the last diagonal that is kept; 0 is the main one")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    Shapes.requireRank(arguments.getFirst(), "data", 2);
    return arguments.getFirst();
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    List<Axis> axes = Axes.of(data.shape());
    PrimExpr row = axes.get(axes.size() - 2).var();
    PrimExpr column = axes.getLast().var();
    PrimExpr diagonal = row.plus(attributes.integer("k"));
    PrimExpr kept = attributes.bool("upper") ? column.atLeast(diagonal) : diagonal.atLeast(column);
    DType dtype = data.dtype();
    PrimExpr zero = dtype.isBool() ? IntImm.FALSE : IntImm.of(dtype, 0);
    return List.of(Tensor.map("trilu", axes, Select.of(kept, data.at(Axes.vars(axes)), zero)));
  }
}
