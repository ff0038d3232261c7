package org.jtvmc.ir.op.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** The whole tensor several times along each dimension. */
public final class Tile extends TensorOperator {

  public Tile() {
    super(
        "tile",
        FusionKind.INJECTIVE,
        List.of("data"),
        List.of(required("reps", "how often, per dimension")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    List<Long> reps = Shapes.eachAtLeast("reps", attributes.integers("reps"), data.rank(), 1, 0);
    List<Dim> shape = new ArrayList<>();
    for (int i = 0; i < reps.size(); i++) {
      shape.add(data.dim(i).times(reps.get(i)));
    }
    return data.withShape(shape);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    List<Axis> axes = Axes.of(result);
    List<PrimExpr> indices = new ArrayList<>();
    for (int i = 0; i < axes.size(); i++) {
      PrimExpr position = axes.get(i).var();
      boolean repeated = !axes.get(i).extent().equals(data.dim(i));
      PrimExpr wrapped = IntImm.is(data.dim(i), 0) ? IntImm.of(0) : position.floorMod(data.dim(i));
      indices.add(repeated ? wrapped : position);
    }
    return List.of(Tensor.map("tile", axes, data.at(indices)));
  }
}
