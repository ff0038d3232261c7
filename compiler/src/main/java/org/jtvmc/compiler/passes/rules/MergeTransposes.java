package org.jtvmc.compiler.passes.rules;

import java.util.Optional;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Operator;

/**
 * One transpose for two in a row.
 *
 * <pre>{@code
 * transpose(transpose(%x, axes=[0, 2, 1]), axes=[2, 0, 1])   =>   transpose(%x, axes=[1, 0, 2])
 * }</pre>
 */
public final class MergeTransposes implements RewriteRule {

  @Override
  public Optional<Expr> apply(Call outer) {
    if (!outer.isCallOf("transpose")) {
      return Optional.empty();
    }
    return Operands.callOf("transpose", outer.arguments().getFirst())
        .map(
            inner ->
                Call.of(
                    (Operator) outer.callee(),
                    inner.arguments(),
                    Attributes.builder()
                        .put(
                            "axes",
                            Transposes.compose(Transposes.axes(outer), Transposes.axes(inner)))
                        .build(),
                    outer.label()));
  }
}
