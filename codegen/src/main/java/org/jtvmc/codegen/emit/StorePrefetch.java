package org.jtvmc.codegen.emit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;

/**
 * Asks, while tiles of many rows are written, for the lines of the same rows that come next: a
 * processor follows some 32 streams, and a store to a line that it does not have holds up those
 * behind it. So it is in a transposition, whose output goes on by a line in each of hundreds of
 * rows:
 *
 * <pre>
 *   for column:                    the line of each row
 *     for block:                   the innermost counted loop
 *       unrolled for row:          ask for out[block, row, column + 1]
 *         vectorized for lane:     out[block, row, column, lane] = ...
 * </pre>
 */
final class StorePrefetch {
  /** Streams that processors follow by themselves. */
  private static final long FOLLOWED = 32;

  /** Lines to ask for at a time: more would have to wait for each other. */
  private static final long MOST_LINES = 32;

  /** What a row may go on by: more is a stream that processors see soon enough. */
  private static final long MOST_BYTES = 2 * IrBuilder.LINE_BYTES;

  private final EmitContext context;

  /** The counted loops around the place of emission, innermost first. */
  private final Deque<Stmt.For> enclosing = new ArrayDeque<>();

  StorePrefetch(EmitContext context) {
    this.context = context;
  }

  /** Emits the requests of one iteration of {@code loop}, whose variable is bound. */
  void enter(Stmt.For loop, IndexEmitter indices) {
    Stmt.For along = enclosing.peek();
    enclosing.push(loop);
    if (context.target.isGpu() || along == null || along.kind() != ForKind.SERIAL) {
      return;
    }
    Optional<TileStep> step = TileStep.of(loop);
    if (step.isEmpty() || !(loop.extent() instanceof IntImm)) {
      return;
    }
    Stmts.forEach(
        loop.body(),
        stmt -> {
          if (stmt instanceof Stmt.Store store) {
            emit(store, step.get(), loop, along, indices);
          }
        });
  }

  /** Ends what {@link #enter} began. */
  void leave() {
    enclosing.pop();
  }

  private void emit(
      Stmt.Store store, TileStep step, Stmt.For block, Stmt.For along, IndexEmitter indices) {
    Buffer buffer = store.buffer();
    if (buffer.scope() != Scope.GLOBAL
        || !(context.storageOf(buffer) instanceof Storage.Memory(LLVMValueRef base))) {
      return;
    }
    List<List<PrimExpr>> rows = List.of(TileStep.at(store.indices(), along, along.var().plus(1)));
    for (Stmt.For loop : step.inner()) {
      rows = loop.kind() == ForKind.VECTORIZED ? firstOf(rows, loop) : eachOf(rows, loop);
      if (rows.size() > MOST_LINES) {
        return;
      }
    }
    long perIteration = TileStep.uses(store.indices(), block) ? TileStep.length(block) : 1;
    Affine next = context.indices.offset(buffer, rows.getFirst());
    Affine now =
        context.indices.offset(buffer, TileStep.at(rows.getFirst(), along, along.var().minus(1)));
    Affine goesOn = next.minus(now);
    long bytes = goesOn.isConstant() ? goesOn.constant() * buffer.dtype().bytes() : 0;
    long lines = Math.ceilDiv(bytes, (long) IrBuilder.LINE_BYTES);
    if (bytes <= 0
        || bytes > MOST_BYTES
        || rows.size() * perIteration < FOLLOWED
        || rows.size() * lines > MOST_LINES) {
      return;
    }
    LLVMTypeRef element = context.ir.types().memory(buffer.dtype(), 1);
    int perLine = IrBuilder.LINE_BYTES / buffer.dtype().bytes();
    for (List<PrimExpr> row : rows) {
      Affine start = context.indices.offset(buffer, row);
      for (long line = 0; line < lines; line++) {
        context.ir.prefetchToWrite(indices.address(element, base, start.plus(line * perLine)));
      }
    }
  }

  private static List<List<PrimExpr>> firstOf(List<List<PrimExpr>> rows, Stmt.For loop) {
    return rows.stream().map(row -> TileStep.at(row, loop, loop.min())).toList();
  }

  private static List<List<PrimExpr>> eachOf(List<List<PrimExpr>> rows, Stmt.For loop) {
    List<List<PrimExpr>> each = new ArrayList<>();
    for (List<PrimExpr> row : rows) {
      boolean moves = row.stream().anyMatch(index -> PrimExprs.uses(index, loop.var()));
      long length = moves ? TileStep.length(loop) : 1;
      for (long i = 0; i < length && each.size() <= MOST_LINES; i++) {
        each.add(TileStep.at(row, loop, loop.min().plus(IntImm.of(i))));
      }
    }
    return each;
  }
}
