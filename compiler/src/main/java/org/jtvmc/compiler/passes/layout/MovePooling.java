package org.jtvmc.compiler.passes.layout;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.compiler.passes.rules.Operands;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.nn.ImageLayout;

/** Pooling of an image that has its channels last. */
final class MovePooling implements LayoutRule {
  private static final Set<String> POOLING =
      Set.of(
          "nn.max_pool", "nn.avg_pool", "nn.lp_pool", "nn.global_avg_pool", "nn.global_max_pool");

  @Override
  public Optional<Call> channelsLast(Call call, Forms forms) {
    if (!(call.callee() instanceof Operator operator) || !POOLING.contains(operator.name())) {
      return Optional.empty();
    }
    Expr data = call.arguments().getFirst();
    if (!forms.isLast(data) || !Operands.attributes(call).text("data_layout").isEmpty()) {
      return Optional.empty();
    }
    Attributes moved =
        Attributes.builder()
            .putAll(call.attributes().values())
            .put("data_layout", ImageLayout.CHANNELS_LAST.text(2))
            .build();
    return Optional.of(Call.of(operator, List.of(forms.last(data)), moved, call.label()));
  }
}
