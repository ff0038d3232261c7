package org.jtvmc.ir.op.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * One slice per row of the indices, whose last dimension holds a position in the data's leading
 * dimensions (after {@code batch_dims} that both share). ONNX's GatherND. Negative indices count
 * from the end; those outside are clamped.
 */
public final class GatherNd extends TensorOperator {

  public GatherNd() {
    super(
        "gather_nd",
        FusionKind.INJECTIVE,
        List.of("data", "indices"),
        List.of(optional("batch_dims", 0, "how many leading dimensions both share")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.get(0);
    TensorType indices = arguments.get(1);
    Indexing.requireIndices(indices);
    long batch = attributes.integer("batch_dims");
    if (indices.rank() == 0 || batch < 0 || batch >= Math.min(data.rank(), indices.rank())) {
      throw new TypeException("%d batch dimensions do not fit data and indices".formatted(batch));
    }
    long depth = indices.shape().getLast().value();
    if (depth < 1 || batch + depth > data.rank()) {
      throw new TypeException(
          "positions of %d indices do not fit data of %d dimensions".formatted(depth, data.rank()));
    }
    List<Dim> shape = new ArrayList<>(indices.shape().subList(0, indices.rank() - 1));
    shape.addAll(data.shape().subList((int) (batch + depth), data.rank()));
    return data.withShape(shape);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.get(0);
    Tensor indices = inputs.get(1);
    int batch = (int) attributes.integer("batch_dims");
    int depth = (int) Axes.of(indices.shape()).getLast().size();
    List<Axis> axes = Axes.of(result);
    List<PrimExpr> row = Axes.vars(axes.subList(0, indices.rank() - 1));
    List<PrimExpr> position = new ArrayList<>(row.subList(0, batch));
    for (int i = 0; i < depth; i++) {
      List<PrimExpr> at = new ArrayList<>(row);
      at.add(IntImm.of(i));
      position.add(Indexing.inside(indices.at(at), data.dim(batch + i)));
    }
    position.addAll(Axes.vars(axes.subList(indices.rank() - 1, axes.size())));
    return List.of(Tensor.map("gather_nd", axes, data.at(position)));
  }
}
