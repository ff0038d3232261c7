package org.jtvmc.compiler.passes;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jtvmc.compiler.passes.rules.Operands;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Operator;

/** Scales the output channels of a product by scaling its constant weight. */
final class ChannelScale {

  private ChannelScale() {}

  /**
   * The call on a scaled weight, so that its result is multiplied by {@code scale} along dimension
   * {@code axis}; empty where it is no product with a constant, or the axis is not its channels.
   */
  static Optional<Call> scale(Call call, int axis, double[] scale) {
    if (!(call.callee() instanceof Operator operator)
        || call.arguments().size() < 2
        || !(call.arguments().get(1) instanceof Constant(NDArray weight))) {
      return Optional.empty();
    }
    if (channels(call).filter(channels -> channels == axis).isEmpty()) {
      return Optional.empty();
    }
    if (Arrays.stream(scale).allMatch(factor -> factor == 1)) {
      return Optional.of(call);
    }
    Attributes attributes = Operands.attributes(call);
    NDArray scaled =
        switch (operator.name()) {
          case "nn.dense" -> scaled(weight, attributes.bool("transpose_weight") ? 0 : 1, 1, scale);
          case "nn.conv1d", "nn.conv2d", "nn.conv3d" -> scaled(weight, 0, 1, scale);
          default -> scaled(weight, 1, attributes.integer("groups"), scale);
        };
    return Optional.of(
        call.withArguments(List.of(call.arguments().getFirst(), new Constant(scaled))));
  }

  /** Which dimension of a product with a weight its output channels are; empty for other calls. */
  static Optional<Integer> channels(Call call) {
    return call.callee() instanceof Operator operator
        ? switch (operator.name()) {
          case "nn.conv1d",
              "nn.conv2d",
              "nn.conv3d",
              "nn.conv1d_transpose",
              "nn.conv2d_transpose",
              "nn.conv3d_transpose" ->
              Operands.isChannelsFirst(call) ? Optional.of(1) : Optional.empty();
          case "nn.dense" -> Optional.of(Operands.tensor(call).rank() - 1);
          default -> Optional.empty();
        }
        : Optional.empty();
  }

  /**
   * The weight times {@code scale} along its dimension {@code axis}. Where that holds the channels
   * of one of several groups, dimension 0 says which group.
   */
  private static NDArray scaled(NDArray weight, int axis, long groups, double[] scale) {
    List<Long> sizes = weight.type().sizes();
    long outer = sizes.subList(0, axis).stream().reduce(1L, (a, b) -> a * b);
    long inner = sizes.subList(axis + 1, sizes.size()).stream().reduce(1L, (a, b) -> a * b);
    long channels = sizes.get(axis);
    long rowsPerGroup = Math.max(1, outer / groups);
    NDArray result = NDArray.allocate(weight.type());
    long position = 0;
    for (long row = 0; row < outer; row++) {
      long group = axis == 0 ? 0 : row / rowsPerGroup;
      for (long channel = 0; channel < channels; channel++) {
        double factor = scale[Math.toIntExact(group * channels + channel)];
        for (long i = 0; i < inner; i++, position++) {
          result.setDouble(position, weight.getDouble(position) * factor);
        }
      }
    }
    return result;
  }
}
