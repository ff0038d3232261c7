package org.jtvmc.codegen.emit;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.type.DType;

/**
 * Asks, in each iteration of an innermost loop, for what the loop will read of a packed operand
 * some iterations later. A tile of a matrix product reads such an operand from end to end, one or a
 * few lines for dozens of multiply-adds: too slowly for a processor to see far ahead in its window
 * of instructions, and its own prefetching stops at each page.
 */
final class StreamPrefetch {
  private static final int LINE_BYTES = 64;

  /** How far ahead: a few hundred cycles at the pace of a full tile. */
  private static final long AHEAD_BYTES = 2048;

  /** Shorter loops end before what they ask for arrives. */
  private static final long LEAST_ITERATIONS = 32;

  /** Multiply-adds for each vector read; with fewer, reading is all there is to do. */
  private static final long LEAST_ROWS = 4;

  private final EmitContext context;

  /** An operand of which iteration {@code i} of the loop reads row {@code i}, all of it. */
  private record Stream(Load load, PrimVar lanes, long rowBytes) {}

  StreamPrefetch(EmitContext context) {
    this.context = context;
  }

  /** Emits the requests of one iteration; {@code loop}'s variable is bound. */
  void emit(Stmt.For loop, IndexEmitter indices) {
    if (context.target.isGpu()
        || !(loop.extent() instanceof IntImm extent)
        || extent.value() < LEAST_ITERATIONS) {
      return;
    }
    for (Stream stream : streams(loop)) {
      Buffer buffer = stream.load.buffer();
      if (!(context.storageOf(buffer) instanceof Storage.Memory(LLVMValueRef base))) {
        continue;
      }
      long ahead = Math.max(1, AHEAD_BYTES / stream.rowBytes);
      int perLine = LINE_BYTES / buffer.dtype().bytes();
      for (long line = 0; line * LINE_BYTES < stream.rowBytes; line++) {
        long lane = line * perLine;
        List<PrimExpr> place = new ArrayList<>();
        for (PrimExpr index : stream.load.indices()) {
          PrimExpr later = PrimExprs.substitute(index, loop.var(), loop.var().plus(ahead));
          place.add(PrimExprs.substitute(later, stream.lanes, IntImm.of(lane)));
        }
        LLVMTypeRef element = context.ir.types().memory(buffer.dtype(), 1);
        LLVMValueRef address =
            indices.address(element, base, context.indices.offset(buffer, place));
        // For reading, into all caches, of data.
        context.ir.intrinsic(
            "llvm.prefetch",
            address,
            context.ir.int32(0),
            context.ir.int32(3),
            context.ir.int32(1));
      }
    }
  }

  private static List<Stream> streams(Stmt.For loop) {
    List<Stream> streams = new ArrayList<>();
    Set<Load> seen = new HashSet<>();
    List<Stmt.For> lanes = new ArrayList<>();
    boolean[] innermost = {true};
    long[] rows = {1};
    Stmts.forEach(
        loop.body(),
        stmt -> {
          if (stmt instanceof Stmt.For inner) {
            innermost[0] &= inner.kind() == ForKind.UNROLLED || inner.kind() == ForKind.VECTORIZED;
            if (inner.kind() == ForKind.VECTORIZED) {
              lanes.add(inner);
            } else if (inner.extent() instanceof IntImm extent) {
              rows[0] *= extent.value();
            }
          }
          if (stmt instanceof Stmt.Store store) {
            PrimExprs.forEach(
                store.value(),
                node -> {
                  if (node instanceof Load load && seen.add(load)) {
                    lanes.stream()
                        .filter(vector -> isStream(load, loop.var(), vector))
                        .findFirst()
                        .ifPresent(vector -> streams.add(stream(load, vector)));
                  }
                });
          }
        });
    return innermost[0] && rows[0] >= LEAST_ROWS ? streams : List.of();
  }

  private static Stream stream(Load load, Stmt.For lanes) {
    long elements = ((IntImm) lanes.extent()).value();
    return new Stream(load, lanes.var(), elements * load.buffer().dtype().bytes());
  }

  /** True for {@code packed[..., loop, lane]} whose rows are as long as the vectors and dense. */
  private static boolean isStream(Load load, PrimVar loop, Stmt.For lanes) {
    int rank = load.indices().size();
    Buffer buffer = load.buffer();
    return rank >= 2
        && buffer.scope() == Scope.GLOBAL
        && !buffer.dtype().equals(DType.BOOL)
        && load.indices().get(rank - 1) == lanes.var()
        && load.indices().get(rank - 2) == loop
        && lanes.extent() instanceof IntImm extent
        && IntImm.is(buffer.shape().get(rank - 1), extent.value())
        && extent.value() * buffer.dtype().bytes() >= LINE_BYTES;
  }
}
