package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * Layer normalisation (Ba et al., arXiv:1607.06450) over all dimensions from {@code axis} on:
 * {@code (x - mean) / sqrt(variance + epsilon) * gamma + beta}, and its variant without mean and
 * beta, the root-mean-square norm (Zhang and Sennrich, arXiv:1910.07467). The variance is that of
 * the differences from the mean, in a second pass: no cancellation.
 */
public final class LayerNorm extends TensorOperator {
  private final boolean centred;

  private LayerNorm(String name, boolean centred) {
    super(
        name,
        FusionKind.REDUCTION,
        centred ? List.of("data", "gamma", "beta") : List.of("data", "gamma"),
        List.of(
            optional("axis", -1, "the first dimension that is normalised over"),
            optional("epsilon", 1e-5, "what is added to the variance")));
    this.centred = centred;
  }

  /** Both variants. */
  public static List<Operator> all() {
    return List.of(new LayerNorm("nn.layer_norm", true), new LayerNorm("nn.rms_norm", false));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    Shapes.requireFloat(data, "data");
    Shapes.axis(attributes.integer("axis"), data.rank());
    Shapes.commonDType(arguments);
    for (TensorType parameter : arguments.subList(1, arguments.size())) {
      if (!Shapes.broadcast(data.shape(), parameter.shape()).equals(data.shape())) {
        throw new TypeException(
            "a parameter %s does not broadcast to the data".formatted(parameter));
      }
    }
    return data;
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    DType accumulator = Accumulation.of(data.dtype());
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    double epsilon = attributes.real("epsilon");
    String stage = centred ? "layer_norm" : "rms_norm";
    List<PrimExpr> outerExtents = data.shape().subList(0, axis);
    List<PrimExpr> innerExtents = data.shape().subList(axis, data.rank());

    List<Tensor> mean = new ArrayList<>();
    if (centred) {
      List<Axis> outer = Axes.of(outerExtents);
      List<Axis> inner = Axes.named("r", innerExtents);
      mean.add(Normalization.mean(stage, outer, inner, element(data, mean, outer, inner)));
    }
    List<Axis> outer = Axes.of(outerExtents);
    List<Axis> inner = Axes.named("r", innerExtents);
    PrimExpr difference = element(data, mean, outer, inner);
    Tensor scale =
        Normalization.inverseRoot(stage, outer, inner, difference.times(difference), epsilon);

    List<Axis> axes = Axes.of(data.shape());
    outer = axes.subList(0, axis);
    PrimExpr value =
        element(data, mean, outer, axes.subList(axis, axes.size()))
            .times(scale.at(Axes.vars(outer)))
            .times(Axes.readBroadcast(inputs.get(1), axes).cast(accumulator));
    if (centred) {
      value = value.plus(Axes.readBroadcast(inputs.get(2), axes).cast(accumulator));
    }
    return List.of(Tensor.map(stage, axes, value.cast(data.dtype())));
  }

  /** The element, less the mean where there is one. */
  private static PrimExpr element(
      Tensor data, List<Tensor> mean, List<Axis> outer, List<Axis> inner) {
    List<PrimExpr> indices = new ArrayList<>(Axes.vars(outer));
    indices.addAll(Axes.vars(inner));
    PrimExpr element = data.at(indices).cast(Accumulation.of(data.dtype()));
    return mean.isEmpty() ? element : element.minus(mean.getFirst().at(Axes.vars(outer)));
  }
}
