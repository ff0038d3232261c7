package org.jtvmc.compiler.passes.rules;

import java.util.Optional;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;

/**
 * Says of a call of an operator what simpler expression has the same value. Stateless; each rule
 * makes the graph smaller or cheaper, so that applying rules comes to an end.
 */
@FunctionalInterface
public interface RewriteRule {

  /** The simpler expression, of the same type; empty where the rule does not apply. */
  Optional<Expr> apply(Call call);
}
