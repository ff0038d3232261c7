package org.jtvmc.tuner.draft;

import java.util.Optional;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.type.DType;
import org.jtvmc.tuner.draft.ThreadLoops.Moved;
import org.jtvmc.tuner.draft.ThreadLoops.Place;
import org.jtvmc.tuner.feature.Statement;

/**
 * What one statement takes of a multiprocessor for one block, in cycles, were every unit always
 * busy.
 *
 * @param arithmetic of the multiply-add units, or of the tensor cores
 * @param shared of shared memory, with what bank conflicts add
 * @param global of the first cache, which moves whole sectors
 */
record BlockCost(double arithmetic, double shared, double global) {
  /** The least arch whose tensor cores are used. */
  private static final int CORES_ARCH = 80;

  private static final double WARPS_OF_GROUP = 4;
  private static final double SECTORS_PER_CYCLE = 2;

  /** Lanes of a warp that have different rows, and different columns, of a product on cores. */
  private static final int ROWS_OF_WARP = 8;

  private static final int THREADS_OF_ROW = 4;

  /**
   * @param threads of a block
   */
  static BlockCost of(Statement statement, ThreadLoops loops, double threads, CudaTarget target) {
    double alive = Math.min(threads, loops.threads());
    double warps = Math.ceil(alive / CudaTarget.WARP);
    Optional<Product> product = product(statement, loops, threads, target);
    if (product.isPresent()) {
      Place left = product.get().left();
      boolean groups = target.hasWarpgroups() && left.buffer().isSwizzled();
      double reached = groups ? target.reachedByGroups() : target.reachedByWarps();
      double perCycle = reached * target.coreProductsPerCycle(left.buffer().dtype().bytes());
      // The warps of a group load what they share once.
      double loaded =
          loops.moved(left).bytes() * ROWS_OF_WARP
              + loops.moved(product.get().right()).bytes()
                  * THREADS_OF_ROW
                  / (groups ? WARPS_OF_GROUP : 1);
      return new BlockCost(
          loops.iterations() * alive / perCycle,
          warps * loaded / CudaTarget.SHARED_BYTES_PER_CYCLE,
          0);
    }
    double shared = 0;
    double global = 0;
    for (Place place : loops.places()) {
      Scope scope = place.buffer().scope();
      if (scope != Scope.LOCAL) {
        Moved moved = loops.moved(place);
        WarpAccess access = loops.warp(place, moved.width());
        double instructions = warps * moved.instructions();
        shared += scope == Scope.SHARED ? instructions * access.sharedCycles() : 0;
        global += scope == Scope.GLOBAL ? instructions * access.sectors() / SECTORS_PER_CYCLE : 0;
      }
    }
    double operations = Math.max(1, statement.flops()) / 2 * loops.iterations();
    double lanes = warps * CudaTarget.WARP;
    return new BlockCost(operations * lanes / target.fmaPerCycle(), shared, global);
  }

  /** The slower of the units that compute. */
  double computing() {
    return Math.max(arithmetic, shared);
  }

  /** The factors of a product on tensor cores: whose rows the lanes have, and whose columns. */
  private record Product(Place left, Place right) {}

  private static Optional<Product> product(
      Statement statement, ThreadLoops loops, double threads, CudaTarget target) {
    Stmt.Store store = statement.store();
    if (target.arch() >= CORES_ARCH
        && threads % CudaTarget.WARP == 0
        && store.buffer().scope() == Scope.LOCAL
        && store.value() instanceof Binary(BinaryOp sum, PrimExpr before, PrimExpr value)
        && sum == BinaryOp.ADD
        && before instanceof Load
        && value instanceof Binary(BinaryOp times, PrimExpr left, PrimExpr right)
        && times == BinaryOp.MULTIPLY
        && left instanceof Cast(DType _, Load first)
        && right instanceof Cast(DType _, Load second)
        && first.buffer().scope() == Scope.SHARED
        && second.buffer().scope() == Scope.SHARED) {
      Place a = Place.of(first);
      Place b = Place.of(second);
      if (movesBy(loops, a, true) && movesBy(loops, b, false)) {
        return Optional.of(new Product(a, b));
      }
      if (movesBy(loops, b, true) && movesBy(loops, a, false)) {
        return Optional.of(new Product(b, a));
      }
    }
    return Optional.empty();
  }

  /** True where neighbouring rows, or columns, of a fragment are equally far apart in memory. */
  private static boolean movesBy(ThreadLoops loops, Place place, boolean rows) {
    Optional<long[]> found = loops.offsets(place);
    if (found.isEmpty()) {
      return false;
    }
    long[] places = found.get();
    long step = places[rows ? THREADS_OF_ROW : 1] - places[0];
    for (int lane = 0; lane < places.length; lane++) {
      long part = rows ? lane / THREADS_OF_ROW : lane % THREADS_OF_ROW;
      if (places[lane] - places[0] != part * step) {
        return false;
      }
    }
    return step != 0;
  }
}
