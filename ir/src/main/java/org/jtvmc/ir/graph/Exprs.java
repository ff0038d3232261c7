package org.jtvmc.ir.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The shape of expressions: operands, orders, users. Functions that calls name are not entered.
 * Nothing here recurses, so that graphs may be as deep as they like.
 */
public final class Exprs {

  private Exprs() {}

  /** The direct operands, in the order of evaluation. A {@link Let}'s variable is none. */
  public static List<Expr> children(Expr expr) {
    return switch (expr) {
      case Var _, Constant _ -> List.of();
      case Call call -> call.arguments();
      case Tuple tuple -> tuple.fields();
      case TupleGetItem item -> List.of(item.tuple());
      case If(var condition, var whenTrue, var whenFalse) ->
          List.of(condition, whenTrue, whenFalse);
      case Let let -> List.of(let.value(), let.body());
    };
  }

  /**
   * {@code expr} on other operands, typed anew. The same object where none differs.
   *
   * @throws org.jtvmc.ir.type.TypeException where the new operands do not fit
   */
  public static Expr withChildren(Expr expr, List<? extends Expr> children) {
    if (children.equals(children(expr))) {
      return expr;
    }
    return switch (expr) {
      case Var _, Constant _ -> expr;
      case Call call -> call.withArguments(children);
      case Tuple _ -> Tuple.of(children);
      case TupleGetItem item -> TupleGetItem.of(children.getFirst(), item.index());
      case If _ -> new If(children.get(0), children.get(1), children.get(2));
      case Let let -> new Let(let.var(), children.get(0), children.get(1));
    };
  }

  /** Every node that {@code root} reaches, once, operands before users; {@code root} is last. */
  public static List<Expr> postOrder(Expr root) {
    record Frame(Expr expr, Iterator<Expr> children) {}
    List<Expr> order = new ArrayList<>();
    Set<Expr> seen = new HashSet<>();
    Deque<Frame> stack = new ArrayDeque<>();
    seen.add(root);
    stack.push(new Frame(root, children(root).iterator()));
    while (!stack.isEmpty()) {
      Frame frame = stack.peek();
      if (frame.children.hasNext()) {
        Expr child = frame.children.next();
        if (seen.add(child)) {
          stack.push(new Frame(child, children(child).iterator()));
        }
      } else {
        order.add(frame.expr);
        stack.pop();
      }
    }
    return order;
  }

  /**
   * For every node that {@code root} reaches, in post-order: who has it as an operand. A user
   * occurs once for each operand that the node is; {@code root} itself has none.
   */
  public static Map<Expr, List<Expr>> users(Expr root) {
    Map<Expr, List<Expr>> users = new LinkedHashMap<>();
    List<Expr> order = postOrder(root);
    for (Expr expr : order) {
      users.put(expr, new ArrayList<>());
    }
    for (Expr expr : order) {
      for (Expr child : children(expr)) {
        users.get(child).add(expr);
      }
    }
    return users;
  }

  /** The variables that {@code root} reads and does not bind itself, in the order of first use. */
  public static List<Var> freeVariables(Expr root) {
    List<Var> free = new ArrayList<>();
    Set<Var> bound = new HashSet<>();
    for (Expr expr : postOrder(root)) {
      if (expr instanceof Let let) {
        bound.add(let.var());
      } else if (expr instanceof Var variable) {
        free.add(variable);
      }
    }
    free.removeAll(bound);
    return free;
  }
}
