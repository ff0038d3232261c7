package org.jtvmc.ir.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.If;
import org.jtvmc.ir.graph.Let;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.TupleGetItem;
import org.jtvmc.ir.graph.Var;

/**
 * In which block of the text each node is written: the innermost one that holds all its uses. The
 * branches of an {@link If} and the body of a {@link Let} are blocks.
 */
final class Scopes {

  /** A block: its nodes, operands before users, and its value. */
  static final class Scope {
    private final Scope parent;
    private final int depth;
    private final List<Expr> nodes = new ArrayList<>();
    private final Expr result;

    private Scope(Scope parent, Expr result) {
      this.parent = parent;
      this.depth = parent == null ? 0 : parent.depth + 1;
      this.result = result;
    }

    List<Expr> nodes() {
      return nodes;
    }

    Expr result() {
      return result;
    }
  }

  private final Map<Expr, List<Scope>> blocks = new HashMap<>();
  private final Map<Expr, Integer> uses = new HashMap<>();
  private final Scope outermost;

  Scopes(Expr root) {
    outermost = new Scope(null, root);
    Map<Expr, Scope> scopes = new HashMap<>();
    use(scopes, root, outermost);
    List<Expr> order = Exprs.postOrder(root);
    for (Expr expr : order.reversed()) {
      Scope scope = scopes.get(expr);
      switch (expr) {
        case If choice -> {
          Scope whenTrue = new Scope(scope, choice.whenTrue());
          Scope whenFalse = new Scope(scope, choice.whenFalse());
          blocks.put(expr, List.of(whenTrue, whenFalse));
          use(scopes, choice.condition(), scope);
          use(scopes, choice.whenTrue(), whenTrue);
          use(scopes, choice.whenFalse(), whenFalse);
        }
        case Let let -> {
          Scope body = new Scope(scope, let.body());
          blocks.put(expr, List.of(body));
          use(scopes, let.value(), scope);
          use(scopes, let.body(), body);
        }
        case Var _, Constant _, Call _, Tuple _, TupleGetItem _ ->
            Exprs.children(expr).forEach(child -> use(scopes, child, scope));
      }
    }
    for (Expr expr : order) {
      if (!(expr instanceof Var || expr instanceof Constant)) {
        scopes.get(expr).nodes.add(expr);
      }
    }
  }

  private void use(Map<Expr, Scope> scopes, Expr expr, Scope scope) {
    scopes.merge(expr, scope, Scopes::common);
    uses.merge(expr, 1, Integer::sum);
  }

  private static Scope common(Scope left, Scope right) {
    Scope a = left;
    Scope b = right;
    while (a != b) {
      if (a.depth >= b.depth) {
        a = a.parent;
      } else {
        b = b.parent;
      }
    }
    return a;
  }

  Scope outermost() {
    return outermost;
  }

  /** The blocks of an {@link If} (true, false) or a {@link Let} (the body). */
  List<Scope> blocks(Expr owner) {
    return blocks.get(owner);
  }

  /** How often a node is used; being the result counts as a use. */
  int uses(Expr expr) {
    return uses.get(expr);
  }
}
