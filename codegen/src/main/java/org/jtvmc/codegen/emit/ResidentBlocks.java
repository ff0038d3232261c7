package org.jtvmc.codegen.emit;

import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Occupancy;

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

  /** For the addresses of a copy that has none in common with others, and its condition. */
  private static final int COPY_REGISTERS = 3;

  /** For addresses and steps of functions, beside the elements of a row that a thread keeps. */
  private static final int ROW_REGISTERS = 32;

  private boolean hasGroups;
  private boolean sharesRows;
  private long sums;
  private long elements;
  private long scattered;

  /** Bytes of shared memory that are taken around, and the most that are at once. */
  private long shared;

  private long mostShared;

  /** How many loops that are not unrolled stand around. */
  private int repeating;

  private final Set<PrimVar> unrolled = new HashSet<>();

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
              withRegisters(gpu, threads, found.sums + OTHER_REGISTERS),
              RESIDENT_THREADS / threads);
    } else if (found.sharesRows) {
      wanted = withRegisters(gpu, threads, Math.max(found.elements, found.sums) + ROW_REGISTERS);
      wanted = Math.min(wanted, gpu.threadsPerMultiprocessor() / threads);
      if (found.mostShared > 0) {
        // What there is no shared memory for needs no registers.
        wanted =
            Math.min(wanted, Math.max(1, gpu.sharedBytesPerMultiprocessor() / found.mostShared));
      }
    } else {
      long registers = found.sums + OTHER_REGISTERS + found.scattered * COPY_REGISTERS;
      wanted = Math.min(RESIDENT_THREADS / threads, withRegisters(gpu, threads, registers));
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

  /** For how many blocks a multiprocessor has registers. */
  private static int withRegisters(CudaTarget gpu, int threads, long registers) {
    int most = (int) Math.min(registers, CudaTarget.REGISTERS_PER_THREAD);
    return Math.max(1, Occupancy.of(gpu, threads, most, 0).blocks());
  }

  /**
   * @param copies of the statement in the code of one thread
   */
  private void look(Stmt stmt, long copies) {
    long sharedAround = shared;
    switch (stmt) {
      case Stmt.Allocate(Buffer buffer, _) -> {
        hasGroups |= buffer.isSwizzled();
        if (buffer.scope() == Scope.LOCAL) {
          sums = Math.max(sums, LocalMemory.bytes(buffer) / Integer.BYTES);
        } else if (buffer.scope() == Scope.SHARED) {
          shared += LocalMemory.bytes(buffer);
          mostShared = Math.max(mostShared, shared);
        }
      }
      case Stmt.Evaluate(Effect effect) -> sharesRows |= effect instanceof Effect.AllReduce;
      case Stmt.Store store ->
          scattered += repeating > 0 && store.async() && isScattered(store) ? copies : 0;
      case Stmt.For _, Stmt.If _, Stmt.Seq _ -> {}
    }
    for (PrimExpr expr : Stmts.expressions(stmt)) {
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
    if (repeated) {
      unrolled.add(((Stmt.For) stmt).var());
    }
    boolean serial = stmt instanceof Stmt.For loop && loop.kind() == ForKind.SERIAL;
    repeating += serial ? 1 : 0;
    Stmts.children(stmt).forEach(child -> look(child, copies * times));
    repeating -= serial ? 1 : 0;
    shared = sharedAround;
  }

  /** True where the places of unrolled copies are no constants apart. */
  private boolean isScattered(Stmt.Store store) {
    boolean[] found = {false};
    for (PrimExpr index : store.indices()) {
      PrimExprs.forEach(
          index,
          node ->
              found[0] |=
                  node instanceof Binary(BinaryOp op, PrimExpr divided, PrimExpr _)
                      && (op == BinaryOp.FLOOR_DIVIDE || op == BinaryOp.FLOOR_MODULO)
                      && isMixed(PrimExprs.variables(divided).keySet()));
    }
    return found[0];
  }

  private boolean isMixed(Set<PrimVar> variables) {
    return variables.stream().anyMatch(unrolled::contains) && !unrolled.containsAll(variables);
  }
}
