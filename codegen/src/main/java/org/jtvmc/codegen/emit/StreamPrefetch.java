package org.jtvmc.codegen.emit;

import java.util.List;
import java.util.Optional;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Stmt;

/**
 * Asks, in each step of a reduction, for what it will read of a packed operand some steps later. A
 * tile of a matrix product reads such an operand from end to end, one or a few lines for dozens of
 * multiply-adds: too slowly for a processor to see far ahead in its window of instructions, and its
 * own prefetching stops at each page.
 */
final class StreamPrefetch {
  /** How far ahead: a few hundred cycles at the pace of a full tile. */
  private static final long AHEAD_BYTES = 2048;

  /** Operands of fewer rows one after the other are at their end before what is asked arrives. */
  private static final long LEAST_ROWS_BEHIND = 32;

  /** Multiply-adds for each vector read; with fewer, reading is all there is to do. */
  private static final long LEAST_ROWS = 4;

  private final EmitContext context;

  /** An operand of which step {@code i} of the loop reads the {@code i}-th row, all of it. */
  private record Stream(Load load, Stmt.For loop, Stmt.For lanes) {
    long elements() {
      return TileStep.length(lanes);
    }

    long bytes() {
      return elements() * load.buffer().dtype().bytes();
    }

    /** Where the row begins that is read {@code steps} steps later. */
    List<PrimExpr> later(long steps) {
      List<PrimExpr> then = TileStep.at(load.indices(), loop, loop.var().plus(steps));
      return TileStep.at(then, lanes, IntImm.of(0));
    }
  }

  StreamPrefetch(EmitContext context) {
    this.context = context;
  }

  /** Emits the requests of one step; {@code loop}'s variable is bound. */
  void emit(Stmt.For loop, IndexEmitter indices) {
    Optional<TileStep> step = context.target.isGpu() ? Optional.empty() : TileStep.of(loop);
    if (step.isEmpty() || rows(step.get()) < LEAST_ROWS) {
      return;
    }
    for (Load load : step.get().loads()) {
      stream(load, loop, step.get()).ifPresent(stream -> emit(stream, indices));
    }
  }

  private void emit(Stream stream, IndexEmitter indices) {
    Buffer buffer = stream.load.buffer();
    if (!(context.storageOf(buffer) instanceof Storage.Memory(LLVMValueRef base))) {
      return;
    }
    long ahead = Math.max(1, AHEAD_BYTES / stream.bytes());
    Affine row = context.indices.offset(buffer, stream.later(ahead));
    LLVMTypeRef element = context.ir.types().memory(buffer.dtype(), 1);
    int perLine = IrBuilder.LINE_BYTES / buffer.dtype().bytes();
    for (long at = 0; at < stream.elements(); at += perLine) {
      context.ir.prefetch(indices.address(element, base, row.plus(at)), IrBuilder.Keep.FIRST_CACHE);
    }
  }

  private static long rows(TileStep step) {
    long rows = 1;
    for (Stmt.For loop : step.inner()) {
      rows *= loop.kind() == ForKind.UNROLLED ? TileStep.length(loop) : 1;
    }
    return rows;
  }

  /**
   * The stream that {@code load} is: {@code packed[..., lane]}, its rows as long as the vectors and
   * dense, where each step of the loop goes one row further.
   */
  private Optional<Stream> stream(Load load, Stmt.For loop, TileStep step) {
    return step.lanes(load)
        .map(lanes -> new Stream(load, loop, lanes))
        .filter(stream -> IntImm.is(load.buffer().shape().getLast(), stream.elements()))
        .filter(stream -> stream.bytes() >= IrBuilder.LINE_BYTES)
        .filter(
            stream ->
                step.inner().stream()
                    .noneMatch(
                        other -> other != stream.lanes && TileStep.uses(load.indices(), other)))
        .filter(_ -> rowsBehind(load.buffer()) >= LEAST_ROWS_BEHIND)
        .filter(this::goesByRows);
  }

  private boolean goesByRows(Stream stream) {
    Buffer buffer = stream.load.buffer();
    Affine now = context.indices.offset(buffer, stream.later(0));
    Affine step = context.indices.offset(buffer, stream.later(1)).minus(now);
    return step.isConstant() && step.constant() == stream.elements();
  }

  /** How many rows of a packed operand are read one after the other. */
  private static long rowsBehind(Buffer buffer) {
    int rank = buffer.shape().size();
    long rows = 1;
    for (PrimExpr size : buffer.shape().subList(rank > 2 ? 1 : 0, rank - 1)) {
      rows *= size instanceof IntImm number ? number.value() : 0;
    }
    return rank < 2 ? 0 : rows;
  }
}
