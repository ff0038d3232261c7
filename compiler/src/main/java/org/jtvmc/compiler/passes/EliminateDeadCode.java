package org.jtvmc.compiler.passes;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.GlobalVar;
import org.jtvmc.ir.graph.GraphRewriter;
import org.jtvmc.ir.graph.HostOperator;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Let;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.pass.Pass;

/**
 * Drops what no output depends on: bindings that nobody reads, functions that nobody calls. Nodes
 * that nobody reads are not in the graph to begin with; the inputs of main stay, because callers
 * give them.
 *
 * <pre>{@code
 * let %unused = nn.relu(%x); %y   =>   %y
 * }</pre>
 */
public final class EliminateDeadCode implements Pass<IRModule> {

  @Override
  public IRModule apply(IRModule module) {
    return withoutUncalled(
        module.mapFunctions(function -> function.withBody(withoutUnread(function.body()))));
  }

  private static Expr withoutUnread(Expr body) {
    Expr before;
    Expr after = body;
    do {
      before = after;
      Map<Var, Integer> reads = new HashMap<>();
      for (Expr expr : Exprs.postOrder(before)) {
        for (Expr child : Exprs.children(expr)) {
          if (child instanceof Var variable) {
            reads.merge(variable, 1, Integer::sum);
          }
        }
      }
      after =
          GraphRewriter.rewrite(
              before,
              expr -> expr instanceof Let let && !reads.containsKey(let.var()) ? let.body() : expr);
    } while (after != before);
    return after;
  }

  private static IRModule withoutUncalled(IRModule module) {
    Set<String> called = new HashSet<>(List.of(IRModule.MAIN));
    Deque<String> pending = new ArrayDeque<>(called);
    while (!pending.isEmpty()) {
      for (Expr expr : Exprs.postOrder(module.functions().get(pending.pop()).body())) {
        for (String name : callees(expr)) {
          if (called.add(name)) {
            pending.push(name);
          }
        }
      }
    }
    if (called.size() == module.functions().size()) {
      return module;
    }
    Map<String, Function> kept = new LinkedHashMap<>(module.functions());
    kept.keySet().retainAll(called);
    return new IRModule(kept, module.outputNames());
  }

  /** The functions of the module that a call, or a step of the run, calls. */
  private static List<String> callees(Expr expr) {
    if (!(expr instanceof Call call)) {
      return List.of();
    }
    return switch (call.callee()) {
      case GlobalVar global -> List.of(global.name());
      case HostOperator host -> host.regions(call.attributes());
      case Operator _, Function _ -> List.of();
    };
  }
}
