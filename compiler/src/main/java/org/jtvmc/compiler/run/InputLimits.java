package org.jtvmc.compiler.run;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.type.TensorType;

/**
 * Which integers a model's inputs may hold: where an input is what something is looked up with (the
 * tokens of a text), it must be below the size of the smallest table.
 */
public final class InputLimits {

  /** Of an integer that nothing is looked up with. It may be a mask, which holds 0 and 1. */
  private static final long DEFAULT = 2;

  /** Operators that hand on elements of their first operand as they are. */
  private static final Set<String> HANDING_ON =
      Set.of(
          "cast",
          "copy",
          "reshape",
          "squeeze",
          "expand_dims",
          "transpose",
          "broadcast_to",
          "strided_slice",
          "tile",
          "repeat",
          "reverse");

  private InputLimits() {}

  /** For every integer input the least integer above those that it may hold. */
  public static Map<String, Long> of(Function main) {
    Map<Expr, Var> origins = new HashMap<>();
    Map<String, Long> limits = new LinkedHashMap<>();
    for (Var parameter : main.parameters()) {
      if (parameter.type() instanceof TensorType type && type.dtype().isInteger()) {
        origins.put(parameter, parameter);
      }
    }
    for (Expr expr : Exprs.postOrder(main.body())) {
      if (expr instanceof Call call && call.callee() instanceof Operator operator) {
        if (HANDING_ON.contains(operator.name())) {
          Var origin = origins.get(call.arguments().getFirst());
          if (origin != null) {
            origins.put(call, origin);
          }
        }
        long table = table(call, operator.name());
        Var index = table > 0 ? origins.get(call.arguments().get(1)) : null;
        if (index != null) {
          limits.merge(index.name(), table, Math::min);
        }
      }
    }
    for (Var input : origins.values()) {
      limits.putIfAbsent(input.name(), DEFAULT);
    }
    return limits;
  }

  /** The size of what the second operand is an index into; 0 where it is none. */
  private static long table(Call call, String operator) {
    if (call.arguments().isEmpty()
        || !(call.arguments().getFirst().type() instanceof TensorType data)) {
      return 0;
    }
    return switch (operator) {
      case "take", "gather" ->
          data.dim(Shapes.axis(call.attributes().integer("axis"), data.rank())).known().orElse(1);
      case "gather_nd" ->
          data.shape().stream().mapToLong(dim -> dim.known().orElse(1)).min().orElse(0);
      default -> 0;
    };
  }
}
