package org.jtvmc.ir.op.reduce;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Operator.AttributeSpec;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.TensorType;

/** The attributes {@code axes} and {@code keepdims} of reductions, and what they mean. */
final class AxisAttributes {

  static final List<AttributeSpec> SPECS =
      List.of(
          new AttributeSpec(
              "axes", new AttributeValue.Items(List.of()), "what is reduced; empty for all"),
          new AttributeSpec(
              "keepdims", new AttributeValue.Bool(false), "whether reduced dimensions stay as 1"));

  private AxisAttributes() {}

  static TensorType result(TensorType data, Attributes attributes) {
    return data.withShape(
        Shapes.reduce(data.shape(), axes(data.rank(), attributes), attributes.bool("keepdims")));
  }

  private static List<Integer> axes(int rank, Attributes attributes) {
    List<Long> given = attributes.integers("axes");
    return given.isEmpty() ? Shapes.allAxes(rank) : Shapes.axes(given, rank);
  }

  /**
   * The indices of the data's element.
   *
   * @param axes those of the result
   * @param reduceAxes is filled with an axis for each reduced dimension
   */
  static List<PrimExpr> split(
      Tensor data, Attributes attributes, List<Axis> axes, List<Axis> reduceAxes) {
    List<Integer> reduced = axes(data.rank(), attributes);
    boolean keep = attributes.bool("keepdims");
    List<PrimExpr> indices = new ArrayList<>(data.rank());
    int position = 0;
    for (int i = 0; i < data.rank(); i++) {
      if (reduced.contains(i)) {
        Axis axis = Axis.of("k" + reduceAxes.size(), data.dim(i));
        reduceAxes.add(axis);
        indices.add(axis.var());
        position += keep ? 1 : 0;
      } else {
        indices.add(axes.get(position++).var());
      }
    }
    return indices;
  }
}
