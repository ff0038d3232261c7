package org.jtvmc.compiler.passes;

import java.util.Set;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Callee;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.GlobalVar;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.graph.Var;

/**
 * Which calls give the bytes of their first argument under another shape. Such a call needs no
 * kernel: memory planning lets its result alias the argument.
 */
public final class Views {

  private static final Set<String> OPERATORS = Set.of("reshape", "squeeze", "expand_dims", "copy");

  private Views() {}

  /** True for a call of such an operator, or of a function that does nothing else. */
  public static boolean isView(Call call) {
    return isView(call.callee());
  }

  /** True for such an operator, or for a function of one parameter that does nothing else. */
  public static boolean isView(Callee callee) {
    return switch (callee) {
      case Operator operator -> OPERATORS.contains(operator.name());
      case Function function -> isView(function);
      case GlobalVar _ -> false;
    };
  }

  private static boolean isView(Function function) {
    if (function.parameters().size() != 1) {
      return false;
    }
    Expr expr = function.body();
    while (expr instanceof Call call
        && call.callee() instanceof Operator operator
        && isView(operator)) {
      expr = call.arguments().getFirst();
    }
    return expr instanceof Var && expr != function.body();
  }
}
