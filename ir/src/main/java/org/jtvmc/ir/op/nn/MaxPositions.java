package org.jtvmc.ir.op.nn;

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
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/**
 * Where in {@code [n, c, spatial...]} a max pooling found its maxima: positions in the whole
 * tensor, the first of equals.
 */
public final class MaxPositions extends TensorOperator {

  public MaxPositions() {
    super(
        "nn.max_pool_positions",
        FusionKind.REDUCTION,
        List.of("data", "maxima"),
        List.of(
            required("pool_size", "the window's size, per spatial dimension"),
            optionalList("strides", "the window's step; 1"),
            optionalList("padding", "before, then behind each spatial dimension; 0"),
            optionalList("dilation", "the distance of neighbours in the window; 1"),
            optional("column_major", false, "whether spatial positions count columns first")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    Shapes.requireRank(arguments.getFirst(), "data", 3);
    window(attributes, arguments.getFirst().rank());
    attributes.bool("column_major");
    return arguments.get(1).withDType(DType.I64);
  }

  private static Window window(Attributes attributes, int rank) {
    List<Long> size = attributes.integers("pool_size");
    return Window.of(Shapes.eachAtLeast("pool_size", size, rank - 2, 1, 1), attributes);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.get(0);
    Window window = window(attributes, data.rank());
    List<Axis> axes = Axes.of(result);
    List<Axis> inWindow = new ArrayList<>();
    List<PrimExpr> indices = new ArrayList<>(Axes.vars(axes.subList(0, 2)));
    PrimExpr inside = IntImm.TRUE;
    for (int i = 0; i < window.rank(); i++) {
      Axis k = Axis.of("k" + i, window.kernel().get(i));
      inWindow.add(k);
      PrimExpr at =
          axes.get(i + 2)
              .var()
              .times(window.strides().get(i))
              .plus(k.var().times(window.dilation().get(i)))
              .minus(window.padBegin().get(i));
      inside = inside.and(at.atLeast(0)).and(at.lessThan(data.dim(i + 2)));
      indices.add(at);
    }
    PrimExpr isMaximum = data.at(indices).equalTo(inputs.get(1).at(Axes.vars(axes)));
    PrimExpr none = IntImm.of(Long.MAX_VALUE);
    PrimExpr position = position(data, indices, attributes.bool("column_major"));
    return List.of(
        Tensor.reduce(
            "max_pool_positions",
            Reducer.MIN,
            axes,
            inWindow,
            Select.of(inside, Select.of(isMaximum, position, none), none)));
  }

  private static PrimExpr position(Tensor data, List<PrimExpr> indices, boolean columnMajor) {
    if (!columnMajor) {
      return Axes.flatten(indices, data.shape());
    }
    List<PrimExpr> order = new ArrayList<>(indices.subList(0, 2));
    order.addAll(indices.subList(2, indices.size()).reversed());
    List<PrimExpr> sizes = new ArrayList<>(data.shape().subList(0, 2));
    sizes.addAll(data.shape().subList(2, data.rank()).reversed());
    return Axes.flatten(order, sizes);
  }
}
