package org.jtvmc.compiler.passes.rules;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;

/** A product as the list of what is multiplied, however it is bracketed. */
final class Factors {

  private Factors() {}

  /**
   * The factors of {@code product}, products among them taken apart down to {@code depth} levels.
   */
  static List<Expr> of(Expr product, int depth) {
    List<Expr> factors = new ArrayList<>();
    collect(product, depth, factors);
    return factors;
  }

  private static void collect(Expr expr, int depth, List<Expr> into) {
    if (depth > 0 && expr instanceof Call call && call.isCallOf("multiply")) {
      call.arguments().forEach(argument -> collect(argument, depth - 1, into));
    } else {
      into.add(expr);
    }
  }
}
