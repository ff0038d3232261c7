package org.jtvmc.compiler.passes;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.GlobalVar;
import org.jtvmc.ir.graph.GraphRewriter;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.If;
import org.jtvmc.ir.graph.Let;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.TupleGetItem;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.pass.Pass;
import org.jtvmc.ir.type.TypeException;

/**
 * Puts the bodies of functions where they are called, so that other passes see one graph. Primitive
 * functions stay, and those that steps of the run call.
 *
 * <pre>{@code
 * def @twice(%x) { add(%x, %x) }
 * def @main(%y) { @twice(nn.relu(%y)) }   =>   def @main(%y) { %0 = nn.relu(%y); add(%0, %0) }
 * }</pre>
 */
public final class InlineFunctions implements Pass<IRModule> {

  /**
   * {@inheritDoc}
   *
   * @throws TypeException where functions call each other in a circle
   */
  @Override
  public IRModule apply(IRModule module) {
    Inliner inliner = new Inliner(module);
    Map<String, Function> kept = new LinkedHashMap<>();
    boolean changed = false;
    for (Map.Entry<String, Function> entry : module.functions().entrySet()) {
      Function function = entry.getValue();
      boolean stays = entry.getKey().equals(IRModule.MAIN) || function.isRegion();
      if (stays) {
        kept.put(entry.getKey(), inliner.inline(function, List.of(entry.getKey())));
      }
      changed |= !stays || kept.get(entry.getKey()) != function;
    }
    return changed ? new IRModule(kept, module.outputNames()) : module;
  }

  private static final class Inliner {
    private final IRModule module;
    private final Map<Function, Function> inlined = new HashMap<>();

    Inliner(IRModule module) {
      this.module = module;
    }

    /** {@code callers} are the functions on the way here. */
    Function inline(Function function, List<String> callers) {
      Function known = inlined.get(function);
      if (known == null) {
        known = GraphRewriter.rewrite(function, expr -> inline(expr, callers));
        inlined.put(function, known);
      }
      return known;
    }

    private Expr inline(Expr expr, List<String> callers) {
      return switch (expr) {
        case Call(GlobalVar(String name, var _), var arguments, var _, var _, var _) -> {
          if (callers.contains(name)) {
            throw new TypeException("function @%s calls itself".formatted(name));
          }
          List<String> here = new ArrayList<>(callers);
          here.add(name);
          Function callee = inline(module.functions().get(name), here);
          yield callee.isPrimitive()
              ? Call.of(callee, arguments, ((Call) expr).label())
              : bodyOf(callee, arguments);
        }
        case Call(Function callee, var arguments, var _, var _, var _) ->
            callee.isPrimitive() ? expr : bodyOf(inline(callee, callers), arguments);
        case Call _, Var _, Constant _, Tuple _, TupleGetItem _, If _, Let _ -> expr;
      };
    }

    private static Expr bodyOf(Function callee, List<Expr> arguments) {
      Map<Var, Expr> values = new HashMap<>();
      for (int i = 0; i < arguments.size(); i++) {
        values.put(callee.parameters().get(i), arguments.get(i));
      }
      return GraphRewriter.substitute(callee.body(), values);
    }
  }
}
