package org.jtvmc.ir.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The way to transform graphs: bottom-up, each node once, so that sharing survives. Where a rule
 * changes nothing, the result is the same object.
 */
public final class GraphRewriter {

  private GraphRewriter() {}

  /**
   * {@code root} with {@code rule} applied to every node, operands first. The rule sees a node
   * whose operands are rewritten already, and returns it or what stands for it. Functions that
   * calls name are not entered.
   *
   * @throws org.jtvmc.ir.type.TypeException where a replacement's type does not suit a user
   */
  public static Expr rewrite(Expr root, UnaryOperator<Expr> rule) {
    Map<Expr, Expr> rewritten = new HashMap<>();
    for (Expr expr : Exprs.postOrder(root)) {
      List<Expr> before = Exprs.children(expr);
      List<Expr> after = new ArrayList<>(before.size());
      for (Expr child : before) {
        after.add(rewritten.get(child));
      }
      rewritten.put(expr, rule.apply(Exprs.withChildren(expr, after)));
    }
    return rewritten.get(root);
  }

  /** The function with its body rewritten. */
  public static Function rewrite(Function function, UnaryOperator<Expr> rule) {
    return function.withBody(rewrite(function.body(), rule));
  }

  /** Every function of the module rewritten. */
  public static IRModule rewrite(IRModule module, UnaryOperator<Expr> rule) {
    return module.mapFunctions(function -> rewrite(function, rule));
  }

  /** {@code root} with variables replaced; those that {@code values} lacks stay. */
  public static Expr substitute(Expr root, Map<Var, ? extends Expr> values) {
    return rewrite(
        root,
        expr -> {
          if (expr instanceof Var variable) {
            Expr value = values.get(variable);
            return value == null ? expr : value;
          }
          return expr;
        });
  }
}
