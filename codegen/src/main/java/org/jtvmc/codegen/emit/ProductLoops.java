package org.jtvmc.codegen.emit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.type.DType;

/**
 * Loops of known extents in which a thread adds products of elements of two tiles in shared memory
 * to sums in its registers:
 *
 * <pre>
 *   for i, for j, for k { c[i, j] = c[i, j] + wide(a[i, k]) * wide(b[k, j]) }
 * </pre>
 *
 * @param spatial the loops over the sums
 * @param along the loop over the products of a sum
 */
record ProductLoops(
    List<Stmt.For> spatial, Stmt.For along, Stmt.Store store, Load first, Load second) {

  ProductLoops {
    spatial = List.copyOf(spatial);
  }

  /** What {@code loop} is, where it is such a product that tensor cores know. */
  static Optional<ProductLoops> of(Stmt.For loop, EmitContext context) {
    List<Stmt.For> loops = new ArrayList<>();
    Stmt inner = loop;
    while (inner instanceof Stmt.For nested) {
      boolean plain =
          nested.kind() != ForKind.THREAD
              && nested.kind() != ForKind.PARALLEL
              && nested.min() instanceof IntImm
              && nested.extent() instanceof IntImm;
      if (!plain) {
        return Optional.empty();
      }
      loops.add(nested);
      inner = nested.body();
    }
    return inner instanceof Stmt.Store store ? of(loops, store, context) : Optional.empty();
  }

  private static Optional<ProductLoops> of(
      List<Stmt.For> loops, Stmt.Store store, EmitContext context) {
    Optional<LaneReduction> reduction = LaneReduction.match(store);
    boolean sum =
        reduction.isPresent()
            && reduction.get().op() == BinaryOp.ADD
            && store.buffer().scope() == Scope.LOCAL
            && context.storageOf(store.buffer()) instanceof Storage.Registers;
    List<Stmt.For> reduced = new ArrayList<>();
    List<Stmt.For> spatial = new ArrayList<>();
    for (Stmt.For loop : loops) {
      boolean moves = store.indices().stream().anyMatch(i -> PrimExprs.uses(i, loop.var()));
      (moves ? spatial : reduced).add(loop);
    }
    if (sum
        && reduced.size() == 1
        && reduction.get().value() instanceof Binary(BinaryOp op, PrimExpr left, PrimExpr right)
        && op == BinaryOp.MULTIPLY
        && left instanceof Cast(DType wide, Load first)
        && right instanceof Cast(DType same, Load second)
        && wide.equals(same)
        && wide.equals(store.buffer().dtype())
        && first.buffer().scope() == Scope.SHARED
        && second.buffer().scope() == Scope.SHARED
        && TensorCores.multiply(first.dtype(), second.dtype(), wide)) {
      return Optional.of(new ProductLoops(spatial, reduced.getFirst(), store, first, second));
    }
    return Optional.empty();
  }

  /** The products of a sum. */
  int depth() {
    return Math.toIntExact(extent(along));
  }

  /** Runs {@code action} for each sum, with the loops' variables bound. */
  void forEachElement(EmitContext context, Runnable action) {
    visit(spatial, context, action);
  }

  /** Binds the variable of the loop over products. */
  Environment.Scope bindProduct(EmitContext context, int number) {
    return bind(along, context, number);
  }

  private static void visit(List<Stmt.For> loops, EmitContext context, Runnable action) {
    if (loops.isEmpty()) {
      action.run();
      return;
    }
    for (long i = 0; i < extent(loops.getFirst()); i++) {
      try (var _ = bind(loops.getFirst(), context, i)) {
        visit(loops.subList(1, loops.size()), context, action);
      }
    }
  }

  private static long extent(Stmt.For loop) {
    return ((IntImm) loop.extent()).value();
  }

  private static Environment.Scope bind(Stmt.For loop, EmitContext context, long iteration) {
    return context.environment.bindConstant(loop.var(), ((IntImm) loop.min()).value() + iteration);
  }
}
