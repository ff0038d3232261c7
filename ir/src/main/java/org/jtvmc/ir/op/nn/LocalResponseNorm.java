package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
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
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * {@code x / (bias + alpha / size * sum of the squares of size neighbouring channels) ^ beta}
 * (Krizhevsky et al., NIPS 2012), for data {@code [n, c, spatial...]}.
 */
public final class LocalResponseNorm extends TensorOperator {

  public LocalResponseNorm() {
    super(
        "nn.lrn",
        FusionKind.OUT_ELEMENTWISE_FUSABLE,
        List.of("data"),
        List.of(
            required("size", "how many channels are summed"),
            optional("alpha", 1e-4, "the factor of the mean square"),
            optional("beta", 0.75, "the exponent"),
            optional("bias", 1.0, "what is added to the mean square")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    Shapes.requireRank(data, "data", 2);
    Shapes.requireFloat(data, "data");
    if (attributes.integer("size") < 1) {
      throw new TypeException(
          "size is %d, but must be positive".formatted(attributes.integer("size")));
    }
    return data;
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    DType accumulator = Accumulation.of(data.dtype());
    long size = attributes.integer("size");
    List<String> names = Convolution.names("n", "c", Axes.spatialNames("", data.rank() - 2));
    List<Long> begin = new ArrayList<>(Collections.nCopies(data.rank(), 0L));
    List<Long> end = new ArrayList<>(begin);
    begin.set(1, (size - 1) / 2);
    end.set(1, size / 2);
    Tensor padded = Padding.constant(data, begin, end, IntImm.of(data.dtype(), 0), names);

    List<Axis> axes = Axes.named(names, data.shape());
    Axis k = Axis.of("k", size);
    List<PrimExpr> indices = new ArrayList<>(Axes.vars(axes));
    indices.set(1, axes.get(1).var().plus(k.var()));
    PrimExpr element = padded.at(indices).cast(accumulator);
    Tensor squares =
        Tensor.reduce("lrn_squares", Reducer.SUM, axes, List.of(k), element.times(element));

    axes = Axes.named(names, data.shape());
    PrimExpr denominator =
        squares
            .at(Axes.vars(axes))
            .times(new FloatImm(accumulator, attributes.real("alpha") / size))
            .plus(new FloatImm(accumulator, attributes.real("bias")));
    PrimExpr root =
        Intrinsic.of(
            IntrinsicOp.POW, denominator, new FloatImm(accumulator, attributes.real("beta")));
    PrimExpr value = data.at(Axes.vars(axes)).cast(accumulator).dividedBy(root);
    return List.of(Tensor.map("lrn", axes, value.cast(data.dtype())));
  }
}
