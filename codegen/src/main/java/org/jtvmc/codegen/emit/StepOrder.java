package org.jtvmc.codegen.emit;

import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;

/**
 * Keeps the steps of an unrolled reduction one after the other where its tile fills the registers.
 * LLVM would load the next step's operands early, find no register for them, and write accumulators
 * to the stack in each iteration; a processor that executes out of order gains nothing by it.
 */
final class StepOrder {
  /** Of eight registers, how many a tile may fill so that two steps' operands fit beside it. */
  private static final int MOST_OF_EIGHT = 5;

  private static final int WIDEST_BITS = 512;

  private StepOrder() {}

  /** True where the iterations of an unrolled loop are such steps. */
  static boolean matters(Stmt.For loop, EmitContext context) {
    long vectors = 1;
    Stmt inner = loop.body();
    while (inner instanceof Stmt.For nested && nested.extent() instanceof IntImm extent) {
      switch (nested.kind()) {
        case UNROLLED -> vectors *= extent.value();
        case VECTORIZED -> vectors *= context.vectors.pieces(nested).size();
        case SERIAL, PARALLEL, THREAD -> {
          return false;
        }
      }
      inner = nested.body();
    }
    return !context.target.isGpu()
        && vectors * 8 > (long) MOST_OF_EIGHT * registers(context.target)
        && inner instanceof Stmt.Store store
        && store.buffer().scope() == Scope.LOCAL
        && store.indices().stream().noneMatch(index -> PrimExprs.uses(index, loop.var()));
  }

  private static int registers(InstructionSet target) {
    return target.isX86() && target.vectorBits() < WIDEST_BITS ? 16 : 32;
  }
}
