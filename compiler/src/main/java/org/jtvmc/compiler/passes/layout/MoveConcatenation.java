package org.jtvmc.compiler.passes.layout;

import java.util.List;
import java.util.Optional;
import org.jtvmc.compiler.passes.rules.Operands;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.type.TensorType;

/** Images put together, where more of their elements have the channels last than first. */
final class MoveConcatenation implements LayoutRule {

  @Override
  public Optional<Call> channelsLast(Call call, Forms forms) {
    if (!call.isCallOf("concatenate")) {
      return Optional.empty();
    }
    List<Expr> parts =
        call.arguments().size() == 1 && call.arguments().getFirst() instanceof Tuple tuple
            ? tuple.fields()
            : call.arguments();
    double last = 0;
    double first = 0;
    for (Expr part : parts) {
      if (!(part.type() instanceof TensorType type) || !type.isStatic()) {
        return Optional.empty();
      }
      if (forms.isLast(part)) {
        last += type.elements();
      } else if (!forms.isFree(part)) {
        first += type.elements();
      }
    }
    if (last == 0 || last < first) {
      return Optional.empty();
    }
    int axis = Operands.axis(Operands.attributes(call).integer("axis"), 4);
    List<Expr> moved = parts.stream().map(forms::last).toList();
    return Optional.of(
        Call.of(
            (Operator) call.callee(),
            parts == call.arguments() ? moved : List.of(Tuple.of(moved)),
            Attributes.builder().put("axis", (long) Forms.TO_LAST.indexOf((long) axis)).build(),
            call.label()));
  }
}
