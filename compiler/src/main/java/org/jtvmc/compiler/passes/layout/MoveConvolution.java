package org.jtvmc.compiler.passes.layout;

import java.util.List;
import java.util.Optional;
import org.jtvmc.compiler.passes.rules.Operands;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.nn.ImageLayout;
import org.jtvmc.ir.type.TensorType;

/**
 * A convolution whose results fill at least half a vector. A convolution over all channels reads
 * its data in either order, for it reads single elements; one over each channel reads vectors of
 * channels, and needs them last.
 */
final class MoveConvolution implements LayoutRule {
  /** Half of the widest vector of float32. */
  private static final long LEAST_CHANNELS = 8;

  private static final String LAST = ImageLayout.CHANNELS_LAST.text(2);
  private static final String FIRST = ImageLayout.CHANNELS_FIRST.text(2);

  @Override
  public Optional<Call> channelsLast(Call call, Forms forms) {
    if (!call.isCallOf("nn.conv2d")) {
      return Optional.empty();
    }
    Attributes attributes = Operands.attributes(call);
    TensorType weight = Operands.tensor(call.arguments().get(1));
    boolean isFirst =
        attributes.text("data_layout").equals(FIRST)
            && List.of("", FIRST).contains(attributes.text("out_layout"));
    if (!isFirst || !weight.isStatic() || weight.dim(0).value() < LEAST_CHANNELS) {
      return Optional.empty();
    }
    Expr data = call.arguments().getFirst();
    long groups = attributes.integer("groups");
    boolean depthwise = groups > 1 && groups == weight.dim(0).value() && weight.dim(1).value() == 1;
    if (groups > 1 && !(depthwise && forms.isLast(data))) {
      return Optional.empty();
    }
    boolean readsLast = forms.isLast(data);
    Attributes moved =
        Attributes.builder()
            .putAll(call.attributes().values())
            .put(readsLast ? "data_layout" : "out_layout", LAST)
            .build();
    return Optional.of(
        Call.of(
            (Operator) call.callee(),
            List.of(
                readsLast ? forms.last(data) : forms.first(data),
                forms.first(call.arguments().get(1))),
            moved,
            call.label()));
  }
}
