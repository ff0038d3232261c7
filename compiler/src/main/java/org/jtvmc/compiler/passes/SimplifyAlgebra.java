package org.jtvmc.compiler.passes;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.compiler.passes.rules.AlgebraicRules;
import org.jtvmc.compiler.passes.rules.RewriteRule;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.GraphRewriter;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.pass.Invariant;
import org.jtvmc.ir.pass.Pass;
import org.jtvmc.ir.type.TypeException;

/**
 * Applies the {@linkplain AlgebraicRules algebraic rules} until none applies. Each rule's own
 * Javadoc shows what it does.
 */
public final class SimplifyAlgebra implements Pass<IRModule> {

  /** Rules end by themselves; a pair of rules that undo each other is a fault that this shows. */
  private static final int MOST_ROUNDS = 100;

  private final List<RewriteRule> rules;

  public SimplifyAlgebra(OperatorRegistry operators) {
    this(AlgebraicRules.all(operators));
  }

  public SimplifyAlgebra(List<RewriteRule> rules) {
    this.rules = List.copyOf(rules);
  }

  @Override
  public Set<Invariant> requires() {
    return Set.of(GraphInvariants.TYPED);
  }

  @Override
  public IRModule apply(IRModule module) {
    return module.mapFunctions(function -> function.isPrimitive() ? function : simplify(function));
  }

  private Function simplify(Function function) {
    Function current = function;
    for (int round = 0; round < MOST_ROUNDS; round++) {
      Function next = GraphRewriter.rewrite(current, this::simplify);
      if (next == current) {
        return current;
      }
      current = next;
    }
    throw new IllegalStateException(
        "the algebraic rules do not come to an end in %d rounds".formatted(MOST_ROUNDS));
  }

  private Expr simplify(Expr expr) {
    if (!(expr instanceof Call call) || !(call.callee() instanceof Operator)) {
      return expr;
    }
    for (RewriteRule rule : rules) {
      Optional<Expr> simpler = rule.apply(call);
      if (simpler.isPresent()) {
        if (!simpler.get().type().equals(call.type())) {
          throw new TypeException(
              "rule %s makes %s of %s"
                  .formatted(rule.getClass().getSimpleName(), simpler.get().type(), call.type()));
        }
        return simpler.get();
      }
    }
    return expr;
  }
}
