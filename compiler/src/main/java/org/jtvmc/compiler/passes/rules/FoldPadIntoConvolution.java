package org.jtvmc.compiler.passes.rules;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Operator;

/**
 * A convolution pads by itself.
 *
 * <pre>{@code
 * nn.conv2d(nn.pad(%x, pad_width=[0, 0, 1, 1, 0, 0, 1, 1]), %w)
 *   =>   nn.conv2d(%x, %w, padding=[1, 1, 1, 1])
 * }</pre>
 */
public final class FoldPadIntoConvolution implements RewriteRule {

  private static final Set<String> CONVOLUTIONS = Set.of("nn.conv1d", "nn.conv2d", "nn.conv3d");

  @Override
  public Optional<Expr> apply(Call call) {
    if (!CONVOLUTIONS.contains(((Operator) call.callee()).name())
        || !Operands.isChannelsFirst(call)) {
      return Optional.empty();
    }
    Call pad = Operands.callOf("nn.pad", call.arguments().getFirst()).orElse(null);
    if (pad == null) {
      return Optional.empty();
    }
    Attributes attributes = Operands.attributes(pad);
    int rank = Operands.tensor(pad).rank();
    List<Long> width = attributes.integers("pad_width");
    boolean zeros =
        attributes.text("pad_mode").equals("constant") && attributes.real("pad_value") == 0;
    boolean spatialOnly =
        width.size() == 2 * rank
            && width.stream().allMatch(w -> w >= 0)
            && List.of(0, 1, rank, rank + 1).stream().allMatch(i -> width.get(i) == 0);
    if (!zeros || !spatialOnly) {
      return Optional.empty();
    }
    int spatial = rank - 2;
    List<Long> own = Operands.attributes(call).integers("padding");
    List<Long> padding = new ArrayList<>();
    for (int i = 0; i < 2 * spatial; i++) {
      long before = own.isEmpty() ? 0 : own.get(own.size() == spatial ? i % spatial : i);
      padding.add(before + width.get(i < spatial ? i + 2 : i + 4));
    }
    return Optional.of(
        Call.of(
            (Operator) call.callee(),
            List.of(pad.arguments().getFirst(), call.arguments().get(1)),
            Operands.with(
                call,
                "padding",
                new AttributeValue.Items(
                    padding.stream().<AttributeValue>map(AttributeValue.Int::new).toList())),
            call.label()));
  }
}
