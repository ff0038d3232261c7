package org.jtvmc.ir.op.tensor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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

/** The dimensions in another order: the result's {@code i}-th is the data's {@code axes[i]}-th. */
public final class Transpose extends TensorOperator {

  public Transpose() {
    super(
        "transpose",
        FusionKind.INJECTIVE,
        List.of("data"),
        List.of(optionalList("axes", "a permutation; reversed where it is empty")));
  }

  private static List<Integer> permutation(Attributes attributes, int rank) {
    List<Long> given = attributes.integers("axes");
    if (given.isEmpty()) {
      return Shapes.allAxes(rank).reversed();
    }
    List<Integer> axes = given.stream().map(axis -> Shapes.axis(axis, rank)).toList();
    if (axes.size() != rank || axes.stream().distinct().count() != rank) {
      throw new TypeException("axes %s is no permutation of %d dimensions".formatted(given, rank));
    }
    return axes;
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    return data.withShape(permutation(attributes, data.rank()).stream().map(data::dim).toList());
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    List<Integer> permutation = permutation(attributes, data.rank());
    List<Axis> axes = Axes.of(result);
    List<PrimExpr> indices = new ArrayList<>(Collections.nCopies(data.rank(), null));
    for (int i = 0; i < axes.size(); i++) {
      indices.set(permutation.get(i), axes.get(i).var());
    }
    return List.of(Tensor.map("transpose", axes, data.at(indices)));
  }
}
