package org.jtvmc.codegen.emit;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.type.DType;

/**
 * What one iteration of a loop does that has no counted loops inside.
 *
 * @param inner the loops inside, all unrolled or vectorised and of known length, outermost first
 * @param loads what is read inside
 */
record TileStep(List<Stmt.For> inner, List<Load> loads) {

  TileStep {
    inner = List.copyOf(inner);
    loads = List.copyOf(loads);
  }

  /** Empty where there are counted loops inside. */
  static Optional<TileStep> of(Stmt.For loop) {
    List<Stmt.For> inner = new ArrayList<>();
    Set<Load> loads = new LinkedHashSet<>();
    Stmts.forEach(
        loop.body(),
        stmt -> {
          if (stmt instanceof Stmt.For nested) {
            inner.add(nested);
          }
          if (stmt instanceof Stmt.Store store) {
            PrimExprs.forEach(
                store.value(),
                node -> {
                  if (node instanceof Load load) {
                    loads.add(load);
                  }
                });
          }
        });
    return inner.stream().allMatch(TileStep::isWhole)
        ? Optional.of(new TileStep(inner, List.copyOf(loads)))
        : Optional.empty();
  }

  private static boolean isWhole(Stmt.For loop) {
    return loop.extent() instanceof IntImm
        && (loop.kind() == ForKind.UNROLLED || loop.kind() == ForKind.VECTORIZED);
  }

  /** The loop whose vectors an operand lies in; empty where it is read otherwise. */
  Optional<Stmt.For> lanes(Load load) {
    return load.indices().isEmpty() || load.buffer().dtype().equals(DType.BOOL)
        ? Optional.empty()
        : inner.stream()
            .filter(loop -> loop.kind() == ForKind.VECTORIZED)
            .filter(loop -> load.indices().getLast() == loop.var())
            .findFirst();
  }

  static long length(Stmt.For loop) {
    return ((IntImm) loop.extent()).value();
  }

  static boolean uses(List<PrimExpr> indices, Stmt.For loop) {
    return indices.stream().anyMatch(index -> PrimExprs.uses(index, loop.var()));
  }

  /** The indices for one value of a loop's variable. */
  static List<PrimExpr> at(List<PrimExpr> indices, Stmt.For loop, PrimExpr value) {
    return indices.stream().map(index -> PrimExprs.substitute(index, loop.var(), value)).toList();
  }
}
