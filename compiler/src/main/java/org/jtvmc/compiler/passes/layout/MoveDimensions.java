package org.jtvmc.compiler.passes.layout;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.compiler.passes.rules.Operands;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Operator;

/**
 * Operators on an image with its channels last whose attributes name dimensions, or have a value
 * for each: resizing, padding, slices, and reductions that keep the dimensions.
 */
final class MoveDimensions implements LayoutRule {
  private static final Set<String> REDUCTIONS = Set.of("sum", "mean", "max", "min");
  private static final int RANK = 4;

  @Override
  public Optional<Call> channelsLast(Call call, Forms forms) {
    if (!(call.callee() instanceof Operator operator)
        || call.arguments().size() != 1
        || !forms.isLast(call.arguments().getFirst())) {
      return Optional.empty();
    }
    Attributes attributes = Operands.attributes(call);
    Attributes.Builder moved = Attributes.builder().putAll(call.attributes().values());
    switch (operator.name()) {
      case "image.resize" -> {
        moved.put("sizes", new AttributeValue.Items(permuted(attributes.items("sizes"))));
        if (!attributes.reals("scales").isEmpty()) {
          moved.putReals("scales", permuted(attributes.reals("scales")));
        }
        if (!attributes.reals("roi").isEmpty()) {
          moved.putReals("roi", permuted(attributes.reals("roi")));
        }
      }
      case "nn.pad" -> {
        if (attributes.integers("pad_width").size() != 2 * RANK) {
          return Optional.empty();
        }
        moved.put("pad_width", permuted(attributes.integers("pad_width")));
      }
      case "strided_slice" -> {
        if (attributes.integers("axes").isEmpty()) {
          return Optional.empty();
        }
        moved.put("axes", axes(attributes));
      }
      case String name when REDUCTIONS.contains(name) -> {
        if (!attributes.bool("keepdims") || attributes.integers("axes").isEmpty()) {
          return Optional.empty();
        }
        moved.put("axes", axes(attributes).stream().sorted().toList());
      }
      default -> {
        return Optional.empty();
      }
    }
    Expr data = forms.last(call.arguments().getFirst());
    return Optional.of(Call.of(operator, List.of(data), moved.build(), call.label()));
  }

  /** The dimensions that an attribute names, as they are numbered with the channels last. */
  private static List<Long> axes(Attributes attributes) {
    return attributes.integers("axes").stream()
        .map(axis -> (long) Forms.TO_LAST.indexOf((long) Operands.axis(axis, RANK)))
        .toList();
  }

  /** One value for each dimension, or several lists of that, one behind the other. */
  private static <T> List<T> permuted(List<T> values) {
    List<T> moved = new ArrayList<>(values.size());
    for (int start = 0; start < values.size(); start += RANK) {
      for (long axis : Forms.TO_LAST) {
        moved.add(values.get(start + (int) axis));
      }
    }
    return moved;
  }
}
