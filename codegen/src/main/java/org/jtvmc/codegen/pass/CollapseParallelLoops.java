package org.jtvmc.codegen.pass;

import java.util.Map;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.pass.Pass;

/**
 * Makes one parallel loop of two that are perfectly nested, so that the threads share out all
 * iterations:
 *
 * <pre>
 *   parallel for i in 0..3 { parallel for j in 0..5 { body } }
 *   parallel for ij in 0..15 { body[i := ij // 5, j := ij % 5] }
 * </pre>
 */
public final class CollapseParallelLoops implements Pass<PrimFunc> {
  @Override
  public PrimFunc apply(PrimFunc function) {
    return function.withBody(
        Stmts.rewrite(function.body(), CollapseParallelLoops::collapse, expr -> expr));
  }

  private static Stmt collapse(Stmt stmt) {
    if (stmt instanceof Stmt.For outer
        && outer.kind() == ForKind.PARALLEL
        && outer.body() instanceof Stmt.For inner
        && inner.kind() == ForKind.PARALLEL
        && inner.extent() instanceof IntImm count
        && !PrimExprs.uses(inner.min(), outer.var())) {
      PrimVar both = PrimVar.index(outer.var().name() + "_" + inner.var().name());
      Stmt body =
          Stmts.substitute(
              inner.body(),
              Map.of(
                  outer.var(), outer.min().plus(both.floorDiv(count.value())),
                  inner.var(), inner.min().plus(both.floorMod(count.value()))));
      return new Stmt.For(both, IntImm.of(0), outer.extent().times(count), ForKind.PARALLEL, body);
    }
    return stmt;
  }
}
