package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * A fully connected layer: data {@code [..., k]} times weight {@code [n, k]} (or {@code [k, n]})
 * gives {@code [..., n]}.
 */
public final class Dense extends TensorOperator {

  public Dense() {
    super(
        "nn.dense",
        FusionKind.OUT_ELEMENTWISE_FUSABLE,
        List.of("data", "weight"),
        List.of(
            optional("transpose_weight", true, "whether the weight is [n, k] and not [k, n]"),
            optional(Accumulation.OUT_DTYPE, "", "the result's element type; the arguments'")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.get(0);
    TensorType weight = arguments.get(1);
    Shapes.requireRank(data, "data", 1);
    if (weight.rank() != 2) {
      throw new TypeException("the weight must have 2 dimensions and is " + weight);
    }
    boolean transposed = attributes.bool("transpose_weight");
    Dim inputs = data.shape().getLast();
    if (Shapes.conflict(inputs, weight.dim(transposed ? 1 : 0))) {
      throw new TypeException(
          "the data has %s features, but the weight takes %s"
              .formatted(inputs, weight.dim(transposed ? 1 : 0)));
    }
    DType dtype = Accumulation.resultType(attributes, arguments);
    List<Dim> shape = Shapes.replace(data.shape(), data.rank() - 1, weight.dim(transposed ? 0 : 1));
    return new TensorType(shape, dtype);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.get(0);
    Tensor weight = inputs.get(1);
    DType dtype = ((TensorType) result).dtype();
    List<PrimExpr> extents = Axes.extents(result);
    int last = extents.size() - 1;
    List<String> names = new ArrayList<>();
    for (int i = 0; i < last; i++) {
      names.add(last == 1 ? "m" : "m" + i);
    }
    names.add("n");
    List<Axis> axes = Axes.named(names, extents);
    Axis k = Axis.of("k", data.dim(last));
    List<PrimExpr> dataIndices = new ArrayList<>(Axes.vars(axes.subList(0, last)));
    dataIndices.add(k.var());
    PrimExpr n = axes.getLast().var();
    PrimExpr weightRead =
        attributes.bool("transpose_weight") ? weight.at(n, k.var()) : weight.at(k.var(), n);
    Tensor sum =
        Tensor.reduce(
            "dense",
            Reducer.SUM,
            axes,
            List.of(k),
            Accumulation.product(data.at(dataIndices), weightRead, Accumulation.of(dtype)));
    return List.of(Accumulation.castTo(dtype, sum));
  }
}
