package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.LLVMAdd;
import static org.bytedeco.llvm.global.LLVM.LLVMIntULT;
import static org.bytedeco.llvm.global.LLVM.LLVMZExt;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.type.DType;

/**
 * A GPU: a thread-bound loop is one iteration of each thread, which finds its own in a special
 * register; buffers go to shared memory or to the thread's local one.
 */
final class GpuMachine implements Machine {
  private static final LLVMTypeRef[] NO_TYPES = {};

  private final GpuMemory memory;
  private final ReductionScratch scratch;
  private final Map<ThreadTag, Integer> extents;
  private final boolean hasTensorCores;
  private final boolean hasAsyncCopies;
  private final Optional<WarpgroupCores> groups;
  private final TileCopies tiles;
  private final boolean publishes;
  private final boolean multipliesAhead;

  /** The variables of the loops around that are bound to {@code threadIdx.x}, outermost first. */
  private final Deque<PrimVar> threads = new ArrayDeque<>();

  /** The variables around the statement that are {@code threadIdx.y}. */
  private final Deque<PrimVar> rows = new ArrayDeque<>();

  /**
   * @param tiles with the parameters of the entry
   */
  GpuMachine(
      GpuMemory memory,
      ReductionScratch scratch,
      DeviceEntry entry,
      CudaTarget target,
      EmitContext context,
      TileCopies tiles) {
    this.memory = memory;
    this.scratch = scratch;
    this.extents = entry.extents();
    this.tiles = tiles;
    this.publishes = threadsFill(entry.body());
    this.multipliesAhead = startsProducts(entry.body());
    this.hasTensorCores = target.arch() >= TensorCores.LEAST_ARCH;
    this.hasAsyncCopies = target.hasAsyncCopies();
    this.groups =
        target.hasWarpgroups() ? Optional.of(new WarpgroupCores(context)) : Optional.empty();
  }

  /** True where threads write what is read past their own way to memory. */
  private static boolean threadsFill(Stmt body) {
    boolean[] found = {false};
    Stmts.forEach(
        body, stmt -> found[0] |= stmt instanceof Stmt.Store store && store.buffer().isSwizzled());
    return found[0];
  }

  private static boolean startsProducts(Stmt body) {
    boolean[] found = {false};
    Stmts.forEach(
        body,
        stmt ->
            found[0] |= stmt instanceof Stmt.Allocate allocate && allocate.buffer().isSwizzled());
    return found[0];
  }

  @Override
  public void emitLoop(
      Stmt.For loop, LoopShape shape, EmitContext context, StmtEmitter statements) {
    ThreadTag tag = loop.tag().orElse(ThreadTag.VIRTUAL);
    if (tag == ThreadTag.VIRTUAL) {
      statements.emitSerial(loop, shape);
      return;
    }
    int launched = extents.getOrDefault(tag, 1);
    long extent = shape.constantExtent(loop);
    IrBuilder ir = context.ir;
    Runnable body = () -> emitIteration(loop, shape, tag, context, statements);
    if (extent < launched) {
      LLVMValueRef alive = ir.compareInts(LLVMIntULT, index(ir, tag), ir.int32(extent));
      try (var _ = context.branched()) {
        StmtEmitter.branch(ir, alive, body, Optional.empty());
      }
    } else {
      body.run();
    }
  }

  private void emitIteration(
      Stmt.For loop, LoopShape shape, ThreadTag tag, EmitContext context, StmtEmitter statements) {
    if (shape.isSingle()) {
      try (var _ =
          context.environment.bind(loop.var(), new Environment.Binding.Alias(shape.min()))) {
        statements.emit(loop.body());
      }
      return;
    }
    IrBuilder ir = context.ir;
    DType width = statements.width(shape);
    LLVMValueRef number = index(ir, tag);
    LLVMValueRef own =
        width.equals(DType.I32) ? number : ir.convert(LLVMZExt, number, ir.types().integer(64));
    boolean fromZero = shape.min().isConstant() && shape.min().constant() == 0;
    LLVMValueRef value =
        fromZero ? own : ir.binary(LLVMAdd, own, statements.value(shape.min(), width));
    if (tag == ThreadTag.THREAD_X && fromZero) {
      threads.addLast(loop.var());
    } else if (tag == ThreadTag.THREAD_Y && fromZero) {
      rows.addLast(loop.var());
    }
    try (var _ = context.environment.bindScalar(loop.var(), value, shape.range())) {
      statements.emit(loop.body());
    } finally {
      threads.removeLastOccurrence(loop.var());
      rows.removeLastOccurrence(loop.var());
    }
  }

  @Override
  public boolean emitWhole(Stmt.For loop, EmitContext context, StmtEmitter statements) {
    int down = extents.getOrDefault(ThreadTag.THREAD_Y, 1);
    boolean possible =
        hasTensorCores
            && !threads.isEmpty()
            && !context.isBranched()
            && context.environment.lanes() == 1
            && (down == 1 || !rows.isEmpty())
            && usesInnermost(loop)
            && extents.getOrDefault(ThreadTag.THREAD_Z, 1) == 1;
    if (!possible) {
      return false;
    }
    int launched = extents.getOrDefault(ThreadTag.THREAD_X, 1);
    Optional<PrimVar> row = down == 1 ? Optional.empty() : Optional.of(rows.getLast());
    ThreadTerms terms = new ThreadTerms(threads.getLast(), launched, row, (long) down * launched);
    Optional<WarpgroupProduct> ofGroups =
        groups.filter(_ -> row.isEmpty()).flatMap(_ -> new WarpgroupMatch(context, terms).of(loop));
    if (ofGroups.isPresent()) {
      groups.get().emit(ofGroups.get(), statements);
      return true;
    }
    Optional<WarpProduct> product = new WarpProductMatch(context, terms).of(loop);
    product.ifPresent(found -> new TensorCores(context, statements, found).emit());
    return product.isPresent();
  }

  /** True where of nested loops over the same threads only the innermost decide what is done. */
  private boolean usesInnermost(Stmt.For loop) {
    Set<PrimVar> others = new HashSet<>(threads);
    others.addAll(rows);
    others.remove(threads.getLast());
    if (!rows.isEmpty()) {
      others.remove(rows.getLast());
    }
    boolean[] uses = {false};
    if (!others.isEmpty()) {
      Stmts.forEachExpr(
          loop, expr -> uses[0] |= others.stream().anyMatch(other -> PrimExprs.uses(expr, other)));
    }
    return !uses[0];
  }

  @Override
  public boolean emitTogether(
      Stmt before, Stmt.For loop, EmitContext context, StmtEmitter statements) {
    return false;
  }

  /** The thread's or block's index, as an {@code int32}. */
  static LLVMValueRef index(IrBuilder ir, ThreadTag tag) {
    String register =
        switch (tag) {
          case BLOCK_X -> "ctaid.x";
          case BLOCK_Y -> "ctaid.y";
          case BLOCK_Z -> "ctaid.z";
          case THREAD_X -> "tid.x";
          case THREAD_Y -> "tid.y";
          case THREAD_Z -> "tid.z";
          case VIRTUAL -> throw new IllegalArgumentException("virtual threads have no register");
        };
    return ir.intrinsic("llvm.nvvm.read.ptx.sreg." + register, NO_TYPES);
  }

  @Override
  public boolean emitCopy(Stmt.Store store, EmitContext context, StmtEmitter statements) {
    return hasAsyncCopies && new AsyncCopy(context, statements.exprs()).emit(store);
  }

  @Override
  public void emitEffect(Effect effect, EmitContext context, StmtEmitter statements) {
    IrBuilder ir = context.ir;
    switch (effect) {
      case Effect.CommitCopies _ -> {
        if (hasAsyncCopies) {
          ir.intrinsic("llvm.nvvm.cp.async.commit.group", NO_TYPES);
        }
      }
      case Effect.AwaitCopies(int pending) -> {
        if (hasAsyncCopies) {
          ir.intrinsic("llvm.nvvm.cp.async.wait.group", NO_TYPES, ir.int32(pending));
        }
      }
      case Effect.Barrier _ -> {
        keepComputed(context);
        if (publishes) {
          groups.ifPresent(WarpgroupCores::publish);
        }
        ir.intrinsic("llvm.nvvm.barrier0", NO_TYPES);
      }
      case Effect.StartProducts _ -> groups.ifPresent(WarpgroupCores::start);
      case Effect.CommitProducts _ -> groups.ifPresent(WarpgroupCores::commit);
      case Effect.AwaitProducts(int pending) ->
          groups.ifPresent(cores -> cores.await(pending, statements.exprs().memory()));
      case Effect.OpenArrivals open -> tiles.open(open, statements);
      case Effect.CloseArrivals close -> tiles.close(close, statements);
      case Effect.ExpectTiles expect -> tiles.expect(expect, statements);
      case Effect.StartTile tile -> tiles.start(tile, statements);
      case Effect.StartPixels pixels -> tiles.start(pixels, statements);
      case Effect.AwaitTiles await -> tiles.await(await, statements);
      case Effect.CountBlock count -> new BlockCounter(context, extents).emit(count, statements);
      case Effect.AllReduce reduce ->
          new ThreadReduction(context, memory, scratch, extents).emit(reduce, statements.exprs());
    }
  }

  /** Sums of products that are on their way are not touched. */
  @Override
  public void keepComputed(EmitContext context) {
    if (!multipliesAhead) {
      context.keepComputed();
    }
  }

  @Override
  public Environment.Scope allocate(Buffer buffer, EmitContext context) {
    if (buffer.scope() == Scope.GLOBAL || buffer.scope() == Scope.COUNTER) {
      throw new CodegenException(
          "buffer " + buffer + " is in global memory and allocated inside of a launch");
    }
    return buffer.scope() == Scope.SHARED
        ? memory.allocateShared(buffer, context)
        : context.stack.allocate(
            LocalMemory.bytes(buffer),
            buffer.name(),
            context,
            base -> context.place(buffer, new Storage.Memory(base)));
  }
}
