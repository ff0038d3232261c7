package org.jtvmc.codegen.pass;

import org.jtvmc.codegen.emit.InstructionSet;
import org.jtvmc.codegen.emit.LaneReduction;
import org.jtvmc.codegen.emit.VectorPlan;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.FreshNames;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.pass.Pass;

/**
 * Leaves only vectorised loops that the emitter can carry out, and makes the others serial: those
 * of unknown extent, those that hold another vectorised loop, an allocation, or a loop whose bounds
 * differ by lane, and those whose iterations overwrite one element. A very long one becomes a
 * serial loop over vectors.
 */
public final class LegalizeVectorLoops implements Pass<PrimFunc> {
  /** More vectors than this are looped over, not written out. */
  private static final int MOST_VECTORS = 16;

  private final InstructionSet target;

  public LegalizeVectorLoops(InstructionSet target) {
    this.target = target;
  }

  @Override
  public PrimFunc apply(PrimFunc function) {
    return function.withBody(Stmts.rewrite(function.body(), this::legalize, expr -> expr));
  }

  private Stmt legalize(Stmt stmt) {
    if (!(stmt instanceof Stmt.For loop) || loop.kind() != ForKind.VECTORIZED) {
      return stmt;
    }
    if (!(loop.extent() instanceof IntImm extent) || !isLegal(loop.body(), loop.var())) {
      return loop.withKind(ForKind.SERIAL);
    }
    int lanes = VectorPlan.registerLanes(loop.body(), target);
    return extent.value() > (long) MOST_VECTORS * lanes
        ? strips(loop, extent.value(), lanes)
        : loop;
  }

  private static boolean isLegal(Stmt stmt, PrimVar lane) {
    boolean itself =
        switch (stmt) {
          case Stmt.For loop ->
              loop.kind() != ForKind.VECTORIZED
                  && loop.kind() != ForKind.PARALLEL
                  && !PrimExprs.uses(loop.min(), lane)
                  && !PrimExprs.uses(loop.extent(), lane);
          case Stmt.Store store ->
              store.indices().stream().anyMatch(index -> PrimExprs.uses(index, lane))
                  || LaneReduction.match(store).isPresent()
                  || !PrimExprs.uses(store.value(), lane);
          case Stmt.If _, Stmt.Seq _ -> true;
          case Stmt.Allocate _, Stmt.Evaluate _ -> false;
        };
    return itself && Stmts.children(stmt).stream().allMatch(child -> isLegal(child, lane));
  }

  private static Stmt strips(Stmt.For loop, long extent, int lanes) {
    PrimVar strip = PrimVar.index(loop.var().name() + "_strip");
    long whole = extent / lanes;
    Stmt.For vector =
        new Stmt.For(
            loop.var(),
            loop.min().plus(strip.times(lanes)),
            IntImm.of(lanes),
            ForKind.VECTORIZED,
            loop.body());
    Stmt main = new Stmt.For(strip, IntImm.of(0), IntImm.of(whole), ForKind.SERIAL, vector);
    long rest = extent - whole * lanes;
    if (rest == 0) {
      return main;
    }
    Stmt tail =
        new Stmt.For(
            loop.var(),
            loop.min().plus(whole * lanes),
            IntImm.of(rest),
            ForKind.VECTORIZED,
            loop.body());
    return Stmt.seq(main, FreshNames.copy(tail));
  }
}
