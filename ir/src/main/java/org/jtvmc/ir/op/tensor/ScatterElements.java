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
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * The data with each update put at its own position, but at its index along the axis. ONNX's
 * ScatterElements. Every element searches the updates of its line along the axis.
 */
public final class ScatterElements extends TensorOperator {

  public ScatterElements() {
    super(
        "scatter_elements",
        FusionKind.OPAQUE,
        List.of("data", "indices", "updates"),
        List.of(
            optional("axis", 0, "the dimension that is indexed"),
            optional("reduction", "none", "'none', 'add', 'mul', 'min' or 'max'")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.get(0);
    TensorType indices = arguments.get(1);
    Indexing.requireIndices(indices);
    Shapes.commonDType(List.of(data, arguments.get(2)));
    Shapes.axis(attributes.integer("axis"), data.rank());
    if (indices.rank() != data.rank()) {
      throw new TypeException(
          "data and indices must have equally many dimensions, not %d and %d"
              .formatted(data.rank(), indices.rank()));
    }
    Shapes.requireShape(arguments.get(2), "updates", indices.shape());
    ScatterReduction.of(attributes);
    return data;
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.get(0);
    Tensor indices = inputs.get(1);
    Tensor updates = inputs.get(2);
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    ScatterReduction.Match match =
        new ScatterReduction.Match() {
          @Override
          public PrimExpr hits(List<Axis> axes, PrimExpr j) {
            PrimExpr inLine = IntImm.TRUE;
            for (int i = 0; i < axes.size(); i++) {
              if (i != axis && !indices.dim(i).equals(data.dim(i))) {
                inLine = inLine.and(axes.get(i).var().lessThan(indices.dim(i)));
              }
            }
            PrimExpr index = indices.at(at(axes, j));
            PrimExpr target = Indexing.fromFront(index, data.dim(axis));
            return inLine.and(target.equalTo(axes.get(axis).var()));
          }

          @Override
          public PrimExpr update(List<Axis> axes, PrimExpr j) {
            return updates.at(at(axes, j));
          }

          private List<PrimExpr> at(List<Axis> axes, PrimExpr j) {
            List<PrimExpr> at = new ArrayList<>(Axes.vars(axes));
            at.set(axis, j);
            return at;
          }
        };
    return List.of(
        ScatterReduction.scatter(
            "scatter_elements", data, indices.dim(axis), ScatterReduction.of(attributes), match));
  }
}
