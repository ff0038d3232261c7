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
 * Normalisation of each image of data {@code [n, c, spatial...]} over a group of neighbouring
 * channels (Wu and He, arXiv:1803.08494), or over each channel by itself (Ulyanov et al.,
 * arXiv:1607.08022), then scaled and shifted per channel.
 */
public final class GroupNorm extends TensorOperator {
  private final boolean perChannel;

  private GroupNorm(String name, boolean perChannel, List<AttributeSpec> attributes) {
    super(name, FusionKind.REDUCTION, List.of("data", "gamma", "beta"), attributes);
    this.perChannel = perChannel;
  }

  /** Both variants. */
  public static List<Operator> all() {
    AttributeSpec epsilon = optional("epsilon", 1e-5, "what is added to the variance");
    return List.of(
        new GroupNorm("nn.instance_norm", true, List.of(epsilon)),
        new GroupNorm(
            "nn.group_norm",
            false,
            List.of(epsilon, required("num_groups", "how many groups the channels form"))));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    Shapes.requireRank(data, "data", 2);
    Shapes.requireFloat(data, "data");
    Shapes.commonDType(arguments);
    attributes.real("epsilon");
    Shapes.requireShape(arguments.get(1), "gamma", List.of(data.dim(1)));
    Shapes.requireShape(arguments.get(2), "beta", List.of(data.dim(1)));
    if (!perChannel) {
      long groups = attributes.integer("num_groups");
      boolean divides = data.dim(1).known().stream().allMatch(c -> groups > 0 && c % groups == 0);
      if (groups < 1 || !divides) {
        throw new TypeException("%s channels do not form %d groups".formatted(data.dim(1), groups));
      }
    }
    return data;
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    DType accumulator = Accumulation.of(data.dtype());
    long channels = Axes.of(data.shape()).get(1).size();
    long groups = perChannel ? channels : attributes.integer("num_groups");
    long size = channels / groups;
    String stage = name().substring("nn.".length());

    Members members = Members.of(data, groups, size);
    Tensor mean =
        Normalization.mean(
            stage, members.outer, members.inner, data.at(members.indices).cast(accumulator));
    members = Members.of(data, groups, size);
    PrimExpr difference =
        data.at(members.indices).cast(accumulator).minus(mean.at(Axes.vars(members.outer)));
    Tensor scale =
        Normalization.inverseRoot(
            stage,
            members.outer,
            members.inner,
            difference.times(difference),
            attributes.real("epsilon"));

    List<Axis> axes =
        Axes.named(
            Convolution.names("n", "c", Axes.spatialNames("", data.rank() - 2)), data.shape());
    PrimExpr channel = axes.get(1).var();
    List<PrimExpr> group = List.of(axes.get(0).var(), channel.floorDiv(size));
    PrimExpr value =
        data.at(Axes.vars(axes))
            .cast(accumulator)
            .minus(mean.at(group))
            .times(scale.at(group))
            .times(inputs.get(1).at(channel).cast(accumulator))
            .plus(inputs.get(2).at(channel).cast(accumulator));
    return List.of(Tensor.map(stage, axes, value.cast(data.dtype())));
  }

  /** The elements of one group: axes for image and group, reduce axes for what is inside. */
  private record Members(List<Axis> outer, List<Axis> inner, List<PrimExpr> indices) {
    static Members of(Tensor data, long groups, long size) {
      List<Axis> outer = List.of(Axis.of("n", data.dim(0)), Axis.of("g", groups));
      List<PrimExpr> spatial = data.shape().subList(2, data.rank());
      List<Axis> inner = new ArrayList<>();
      PrimExpr channel = outer.get(1).var();
      if (size > 1) {
        Axis inGroup = Axis.of("ci", size);
        inner.add(inGroup);
        channel = channel.times(size).plus(inGroup.var());
      }
      List<Axis> pixels = Axes.named(Axes.spatialNames("", spatial.size()), spatial);
      inner.addAll(pixels);
      List<PrimExpr> indices = new ArrayList<>(List.of(outer.get(0).var(), channel));
      indices.addAll(Axes.vars(pixels));
      return new Members(outer, inner, indices);
    }
  }
}
