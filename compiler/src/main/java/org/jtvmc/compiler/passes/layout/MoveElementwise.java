package org.jtvmc.compiler.passes.layout;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.compiler.passes.rules.Operands;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.type.TensorType;

/**
 * Work on single elements, where more of what it reads has the channels last than first: what is
 * the other way has to be transposed. Of equal parts, that with the channels last is transposed as
 * it is computed, and the other would take a kernel.
 */
final class MoveElementwise implements LayoutRule {
  /** Attributes that name dimensions. */
  private static final Set<String> OF_DIMENSIONS = Set.of("axis", "axes", "shape", "newshape");

  @Override
  public Optional<Call> channelsLast(Call call, Forms forms) {
    if (call.isCallOf("nn.bias_add")) {
      return biasAdd(call, forms);
    }
    if (!(call.callee() instanceof Operator operator) || !isElementwise(operator, call)) {
      return Optional.empty();
    }
    double last = 0;
    double first = 0;
    for (Expr argument : call.arguments()) {
      if (!(argument.type() instanceof TensorType type) || !type.isStatic()) {
        return Optional.empty();
      }
      if (forms.isLast(argument)) {
        last += type.elements();
      } else if (!forms.isFree(argument)) {
        first += type.elements();
      }
    }
    if (last <= first) {
      return Optional.empty();
    }
    return Optional.of(
        Call.of(
            operator,
            call.arguments().stream().map(forms::broadcastLast).toList(),
            call.attributes(),
            call.label()));
  }

  private static boolean isElementwise(Operator operator, Call call) {
    FusionKind kind =
        operator.fusionKind(call.arguments().stream().map(Expr::type).toList(), call.attributes());
    return (kind == FusionKind.ELEMENTWISE || kind == FusionKind.BROADCAST)
        && operator.attributes().stream().noneMatch(a -> OF_DIMENSIONS.contains(a.name()));
  }

  private static Optional<Call> biasAdd(Call call, Forms forms) {
    Expr data = call.arguments().getFirst();
    if (!forms.isLast(data)) {
      return Optional.empty();
    }
    int axis = Operands.axis(Operands.attributes(call).integer("axis"), 4);
    Attributes moved =
        Attributes.builder().put("axis", (long) Forms.TO_LAST.indexOf((long) axis)).build();
    return Optional.of(
        Call.of(
            (Operator) call.callee(),
            List.of(forms.last(data), forms.first(call.arguments().get(1))),
            moved,
            call.label()));
  }
}
