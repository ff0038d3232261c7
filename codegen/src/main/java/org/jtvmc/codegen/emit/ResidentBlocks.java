package org.jtvmc.codegen.emit;

import java.util.OptionalLong;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;

/**
 * How many blocks of an entry shall be on a multiprocessor at once: its registers are shared out
 * for those.
 */
final class ResidentBlocks {
  /**
   * With fewer on a multiprocessor there is nothing to run while memory is waited for; more
   * registers than this leaves (128) do not pay.
   */
  private static final int RESIDENT_THREADS = 512;

  private static final int MOST_BLOCKS = 16;

  /** For addresses and what is on its way, beside sums. */
  private static final int OTHER_REGISTERS = 64;

  /** For addresses and steps of functions, beside the elements of a row that a thread keeps. */
  private static final int ROW_REGISTERS = 32;

  private boolean hasGroups;
  private boolean sharesRows;
  private long sums;
  private long elements;

  private ResidentBlocks() {}

  /** Empty where nothing is demanded. */
  static OptionalLong of(DeviceEntry entry, CudaTarget gpu) {
    ResidentBlocks found = new ResidentBlocks();
    found.look(entry.body(), 1);
    int threads = entry.threads();
    long wanted;
    if (found.hasGroups) {
      // Groups of products on their way hide what is waited for; sums take what they are.
      wanted =
          Math.min(
              withRegisters(threads, found.sums + OTHER_REGISTERS), RESIDENT_THREADS / threads);
    } else if (found.sharesRows) {
      wanted = withRegisters(threads, Math.max(found.elements, found.sums) + ROW_REGISTERS);
      wanted = Math.min(wanted, gpu.threadsPerMultiprocessor() / threads);
    } else {
      wanted = RESIDENT_THREADS / threads;
    }
    if (wanted < 1 && threads > RESIDENT_THREADS) {
      return OptionalLong.empty();
    }
    long blocks =
        (long) entry.extent(ThreadTag.BLOCK_X)
            * entry.extent(ThreadTag.BLOCK_Y)
            * entry.extent(ThreadTag.BLOCK_Z);
    // Where there are few blocks, registers that others would take are free.
    long most = Math.min(Math.ceilDiv(blocks, gpu.multiprocessors()), MOST_BLOCKS);
    return OptionalLong.of(Math.clamp(wanted, 1, most));
  }

  /** Registers are given in groups of eight. */
  private static long withRegisters(long threads, long registers) {
    long given = (registers + 7) / 8 * 8;
    return CudaTarget.REGISTERS_PER_MULTIPROCESSOR / (threads * given);
  }

  /**
   * @param copies of the statement in the code of one thread
   */
  private void look(Stmt stmt, long copies) {
    switch (stmt) {
      case Stmt.Allocate(Buffer buffer, _) -> {
        hasGroups |= buffer.isSwizzled();
        if (buffer.scope() == Scope.LOCAL) {
          sums = Math.max(sums, LocalMemory.bytes(buffer) / Integer.BYTES);
        }
      }
      case Stmt.Evaluate(Effect effect) -> sharesRows |= effect instanceof Effect.AllReduce;
      case Stmt.For _, Stmt.If _, Stmt.Seq _, Stmt.Store _ -> {}
    }
    for (var expr : Stmts.expressions(stmt)) {
      PrimExprs.forEach(
          expr,
          node -> {
            if (node instanceof Load load && load.buffer().scope() == Scope.GLOBAL) {
              elements = Math.max(elements, copies);
            }
          });
    }
    boolean repeated =
        stmt instanceof Stmt.For loop
            && (loop.kind() == ForKind.UNROLLED || loop.kind() == ForKind.VECTORIZED);
    long times =
        repeated && ((Stmt.For) stmt).extent() instanceof IntImm extent ? extent.value() : 1;
    Stmts.children(stmt).forEach(child -> look(child, copies * times));
  }
}
