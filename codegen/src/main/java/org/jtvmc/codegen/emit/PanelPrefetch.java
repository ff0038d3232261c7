package org.jtvmc.codegen.emit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;

/**
 * Asks for the panel of a packed operand that comes next, a few lines at a time, while the tiles of
 * all rows read the present one again and again. Otherwise the first tile of each panel waits for
 * memory, and while the others compute it has nothing to do.
 */
final class PanelPrefetch {
  /** Of a panel: a smaller one is soon there, a larger one leaves no room for the present one. */
  private static final long LEAST_BYTES = 8 << 10;

  private static final long MOST_BYTES = 1 << 20;

  /** An operand of fewer bytes stays in the second cache from its first tile on. */
  private static final long LEAST_OPERAND_BYTES = 256 << 10;

  private final EmitContext context;

  /** The counted loops around the place of emission, innermost first. */
  private final Deque<Stmt.For> enclosing = new ArrayDeque<>();

  /**
   * An operand that is read from end to end again and again.
   *
   * @param start the indices at which the panel begins
   * @param elements of the panel
   * @param iteration the number of the innermost loop's iteration among all that read this panel
   * @param iterations how many those are
   */
  private record Panel(
      Buffer buffer, List<PrimExpr> start, long elements, PrimExpr iteration, long iterations) {}

  PanelPrefetch(EmitContext context) {
    this.context = context;
  }

  /** Emits the requests of one iteration of {@code loop}, whose variable is bound. */
  void enter(Stmt.For loop, IndexEmitter indices) {
    enclosing.push(loop);
    if (context.target.isGpu()) {
      return;
    }
    Optional<TileProduct> tiles =
        TileProduct.of(loop, context.target).filter(found -> found.reduction().size() == 1);
    if (tiles.isPresent()) {
      TileProduct.Nest nest = tiles.get().first();
      panel(nest.right(), tiles.get().inner(), nest.rights().size())
          .ifPresent(panel -> emit(panel, indices));
      return;
    }
    Optional<TileStep> step = TileStep.of(loop);
    if (step.isPresent()) {
      for (Load load : step.get().loads()) {
        if (step.get().lanes(load).isPresent()) {
          panel(load, step.get().inner(), 1).ifPresent(panel -> emit(panel, indices));
        }
      }
    }
  }

  /** Ends what {@link #enter} began. */
  void leave() {
    enclosing.pop();
  }

  private void emit(Panel panel, IndexEmitter indices) {
    Buffer buffer = panel.buffer;
    if (!(context.storageOf(buffer) instanceof Storage.Memory(LLVMValueRef base))) {
      return;
    }
    int perLine = IrBuilder.LINE_BYTES / buffer.dtype().bytes();
    long lines = Math.ceilDiv(panel.elements, (long) perLine);
    long each = Math.ceilDiv(lines, panel.iterations);
    Affine next = context.indices.offset(buffer, panel.start).plus(panel.elements);
    Affine first = next.plus(context.indices.affine(panel.iteration.times(each * perLine)));
    LLVMTypeRef element = context.ir.types().memory(buffer.dtype(), 1);
    for (long line = 0; line < each; line++) {
      LLVMValueRef address = indices.address(element, base, first.plus(line * perLine));
      context.ir.prefetch(address, IrBuilder.Keep.SECOND_CACHE);
    }
  }

  /**
   * The panel that an operand of a tile is read from; empty where none is worth asking for.
   *
   * @param inner the loops of the tile
   * @param together how many elements each read is of
   */
  private Optional<Panel> panel(Load load, List<Stmt.For> inner, long together) {
    Buffer buffer = load.buffer();
    if (buffer.scope() != Scope.GLOBAL || bytes(buffer) < LEAST_OPERAND_BYTES) {
      return Optional.empty();
    }
    long elements = together;
    List<PrimExpr> start = load.indices();
    for (Stmt.For loop : inner) {
      if (TileStep.uses(start, loop)) {
        elements *= TileStep.length(loop);
        start = TileStep.at(start, loop, loop.min());
      }
    }
    boolean again = false;
    long iterations = 1;
    PrimExpr iteration = IntImm.of(0);
    for (Stmt.For loop : enclosing) {
      if (!(loop.extent() instanceof IntImm extent)) {
        break;
      }
      PrimExpr passed = loop.var().minus(loop.min());
      if (!TileStep.uses(start, loop)) {
        again |= extent.value() > 1;
      } else if (!again && stride(buffer, start, loop) == elements) {
        elements *= extent.value();
        start = TileStep.at(start, loop, loop.min());
      } else {
        // Of a loop made of two, the inner may be one that reads the panel again.
        long turns = quotient(start, loop);
        if (turns > 1) {
          again = true;
          iteration = iteration.plus(loop.var().floorMod(turns).times(iterations));
          iterations *= turns;
        }
        break;
      }
      iteration = iteration.plus(passed.times(iterations));
      iterations *= extent.value();
    }
    long bytes = elements * buffer.dtype().bytes();
    return again && bytes >= LEAST_BYTES && bytes <= MOST_BYTES
        ? Optional.of(new Panel(buffer, start, elements, iteration, iterations))
        : Optional.empty();
  }

  private static long bytes(Buffer buffer) {
    long bytes = buffer.dtype().bytes();
    for (PrimExpr size : buffer.shape()) {
      bytes *= size instanceof IntImm number ? number.value() : 0;
    }
    return bytes;
  }

  /** How many elements one step of the loop goes further; -1 where that differs. */
  private long stride(Buffer buffer, List<PrimExpr> indices, Stmt.For loop) {
    Affine now = context.indices.offset(buffer, indices);
    List<PrimExpr> later = TileStep.at(indices, loop, loop.var().plus(1));
    Affine step = context.indices.offset(buffer, later).minus(now);
    return step.isConstant() ? step.constant() : -1;
  }

  /** {@code n} where the indices depend on {@code loop / n} alone; 1 for none. */
  private static long quotient(List<PrimExpr> indices, Stmt.For loop) {
    List<Long> divisors = new ArrayList<>();
    for (PrimExpr index : indices) {
      PrimExprs.forEach(
          index,
          node -> {
            if (node instanceof Binary(BinaryOp op, PrimExpr left, IntImm right)
                && op == BinaryOp.FLOOR_DIVIDE
                && left == loop.var()) {
              divisors.add(right.value());
            }
          });
    }
    int uses =
        indices.stream().mapToInt(i -> PrimExprs.variables(i).getOrDefault(loop.var(), 0)).sum();
    return divisors.size() == uses && divisors.stream().distinct().count() == 1
        ? divisors.getFirst()
        : 1;
  }
}
