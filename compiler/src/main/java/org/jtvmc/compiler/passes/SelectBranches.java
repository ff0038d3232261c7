package org.jtvmc.compiler.passes;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.GraphRewriter;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.TupleGetItem;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.op.control.Region;
import org.jtvmc.ir.pass.Pass;
import org.jtvmc.ir.type.TensorType;

/**
 * Computes both branches of a condition, and chooses among the elements, where the results have the
 * same known sizes: for targets on which a run takes no steps.
 *
 * <pre>{@code
 * control.fetch(control.if(%c, %sizes, %x, regions="a,b", reads=[1, 0]).0)
 *   =>   where(%c, @a(%x), @b())
 * }</pre>
 */
public final class SelectBranches implements Pass<IRModule> {

  private final OperatorRegistry operators;

  /**
   * @param operators where the choice of elements is found
   */
  public SelectBranches(OperatorRegistry operators) {
    this.operators = operators;
  }

  @Override
  public IRModule apply(IRModule module) {
    return module.mapFunctions(new Selection(module)::selected);
  }

  private final class Selection {
    private final IRModule module;
    private final Map<Function, Function> done = new HashMap<>();
    private final Map<Call, List<Optional<List<Expr>>>> branches = new HashMap<>();

    Selection(IRModule module) {
      this.module = module;
    }

    Function selected(Function function) {
      Function known = done.get(function);
      if (known == null) {
        known = GraphRewriter.rewrite(function, this::selected);
        done.put(function, known);
      }
      return known;
    }

    private Expr selected(Expr expr) {
      return expr instanceof Call fetch
              && fetch.isCallOf("control.fetch")
              && fetch.arguments().getFirst() instanceof TupleGetItem(Expr of, int index, var _)
              && of instanceof Call step
              && step.isCallOf(Region.IF)
          ? chosen(fetch, step, index)
          : expr;
    }

    /** Where both branches give what is fetched, the choice; else the fetching as it is. */
    private Expr chosen(Call fetch, Call step, int index) {
      List<Optional<List<Expr>>> both = branches.get(step);
      if (both == null) {
        both = List.of(branch(step, 0), branch(step, 1));
        branches.put(step, both);
      }
      if (both.stream().anyMatch(Optional::isEmpty)) {
        return fetch;
      }
      Expr yes = both.getFirst().get().get(index);
      Expr no = both.getLast().get().get(index);
      boolean fits =
          fetch.type() instanceof TensorType type
              && type.isStatic()
              && yes.type().equals(type)
              && no.type().equals(type);
      return fits
          ? Call.of(
              operators.get("where"),
              List.of(step.arguments().getFirst(), yes, no),
              Attributes.NONE,
              step.label())
          : fetch;
    }

    /** The results of one branch where it stands; empty where the run takes steps in it. */
    private Optional<List<Expr>> branch(Call step, int which) {
      String name = ((Region) step.callee()).regions(step.attributes()).get(which);
      Function body = selected(module.functions().get(name));
      List<Long> reads = step.attributes().integers("reads");
      int first = Math.toIntExact(2 + (which == 0 ? 0 : reads.getFirst()));
      Map<Var, Expr> values = new HashMap<>();
      for (int i = 0; i < body.parameters().size(); i++) {
        values.put(body.parameters().get(i), step.arguments().get(first + i));
      }
      List<Expr> results = ((Tuple) body.body()).fields();
      return results.size() == body.attributes().integer(Function.REGION)
          ? Optional.of(((Tuple) GraphRewriter.substitute(body.body(), values)).fields())
          : Optional.empty();
    }
  }
}
