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
import org.jtvmc.ir.type.TypeException;

/**
 * The data with slices replaced by or combined with updates: the last dimension of the indices
 * holds a position in the data's leading dimensions. ONNX's ScatterND. Every element searches all
 * updates.
 */
public final class ScatterNd extends TensorOperator {

  public ScatterNd() {
    super(
        "scatter_nd",
        FusionKind.OPAQUE,
        List.of("data", "indices", "updates"),
        List.of(optional("reduction", "none", "'none', 'add', 'mul', 'min' or 'max'")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.get(0);
    TensorType indices = arguments.get(1);
    Indexing.requireIndices(indices);
    Shapes.requireRank(indices, "indices", 1);
    Shapes.commonDType(List.of(data, arguments.get(2)));
    long depth = indices.shape().getLast().value();
    if (depth < 1 || depth > data.rank()) {
      throw new TypeException(
          "positions of %d indices do not fit data of %d dimensions".formatted(depth, data.rank()));
    }
    List<Dim> shape = new ArrayList<>(indices.shape().subList(0, indices.rank() - 1));
    shape.addAll(data.shape().subList((int) depth, data.rank()));
    Shapes.requireShape(arguments.get(2), "updates", shape);
    ScatterReduction.of(attributes);
    return data;
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.get(0);
    Tensor indices = inputs.get(1);
    Tensor updates = inputs.get(2);
    int depth = (int) Axes.of(indices.shape()).getLast().size();
    List<PrimExpr> rows = indices.shape().subList(0, indices.rank() - 1);
    PrimExpr count = rows.stream().reduce(IntImm.of(1), PrimExpr::times);
    ScatterReduction.Match match =
        new ScatterReduction.Match() {
          @Override
          public PrimExpr hits(List<Axis> axes, PrimExpr j) {
            PrimExpr hit = IntImm.TRUE;
            for (int i = 0; i < depth; i++) {
              List<PrimExpr> at = new ArrayList<>(Axes.unflatten(j, rows));
              at.add(IntImm.of(i));
              PrimExpr target = Indexing.fromFront(indices.at(at), data.dim(i));
              hit = hit.and(target.equalTo(axes.get(i).var()));
            }
            return hit;
          }

          @Override
          public PrimExpr update(List<Axis> axes, PrimExpr j) {
            List<PrimExpr> at = new ArrayList<>(Axes.unflatten(j, rows));
            at.addAll(Axes.vars(axes.subList(depth, axes.size())));
            return updates.at(at);
          }
        };
    return List.of(
        ScatterReduction.scatter(
            "scatter_nd", data, count, ScatterReduction.of(attributes), match));
  }
}
