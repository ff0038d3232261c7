package org.jtvmc.compiler.passes.layout;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.compiler.passes.rules.Operands;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Operator;

/**
 * Padding of an image that has its channels last: quantized convolutions are padded by their zero
 * point.
 */
final class MovePadding implements LayoutRule {

  @Override
  public Optional<Call> channelsLast(Call call, Forms forms) {
    if (!call.isCallOf("nn.pad") || !forms.isLast(call.arguments().getFirst())) {
      return Optional.empty();
    }
    Expr data = call.arguments().getFirst();
    int rank = Operands.tensor(data).rank();
    List<Long> widths = Operands.attributes(call).integers("pad_width");
    if (widths.size() != 2 * rank) {
      return Optional.empty();
    }
    List<Long> moved = new ArrayList<>();
    for (int start : new int[] {0, rank}) {
      Forms.TO_LAST.forEach(dim -> moved.add(widths.get(start + Math.toIntExact(dim))));
    }
    Attributes attributes =
        Attributes.builder().putAll(call.attributes().values()).put("pad_width", moved).build();
    return Optional.of(
        Call.of((Operator) call.callee(), List.of(forms.last(data)), attributes, call.label()));
  }
}
