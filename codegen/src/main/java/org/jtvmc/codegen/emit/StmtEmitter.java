package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import java.util.List;
import java.util.Optional;
import org.bytedeco.llvm.LLVM.LLVMBasicBlockRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.type.DType;

/** Emits statements into the current block; control flow is structured. */
final class StmtEmitter {
  private final EmitContext context;
  private final IrBuilder ir;
  private final ExprEmitter exprs;
  private final Machine machine;
  private final StreamPrefetch prefetch;
  private final PanelPrefetch panels;
  private final StorePrefetch stores;

  StmtEmitter(EmitContext context, Machine machine) {
    this.context = context;
    this.ir = context.ir;
    this.exprs = new ExprEmitter(context);
    this.machine = machine;
    this.prefetch = new StreamPrefetch(context);
    this.panels = new PanelPrefetch(context);
    this.stores = new StorePrefetch(context);
  }

  ExprEmitter exprs() {
    return exprs;
  }

  void emit(Stmt stmt) {
    switch (stmt) {
      case Stmt.For loop -> emitLoop(loop);
      case Stmt.Store store -> emitStore(store);
      case Stmt.Allocate allocate -> emitAllocate(allocate);
      case Stmt.If branch -> emitIf(branch);
      case Stmt.Seq(List<Stmt> statements) -> emitSequence(statements);
      case Stmt.Evaluate(Effect effect) -> machine.emitEffect(effect, context, this);
    }
  }

  private void emitSequence(List<Stmt> statements) {
    for (int i = 0; i < statements.size(); i++) {
      boolean together =
          i + 1 < statements.size()
              && statements.get(i + 1) instanceof Stmt.For loop
              && machine.emitTogether(statements.get(i), loop, context, this);
      if (together) {
        i++;
      } else {
        emit(statements.get(i));
      }
    }
  }

  private void emitLoop(Stmt.For loop) {
    LoopShape shape = LoopShape.of(loop, context.indices);
    if (shape.extent().isConstant() && shape.extent().constant() <= 0) {
      return;
    }
    if (machine.emitWhole(loop, context, this)) {
      return;
    }
    switch (loop.kind()) {
      case SERIAL -> emitSerial(loop, shape);
      case PARALLEL, THREAD -> machine.emitLoop(loop, shape, context, this);
      case UNROLLED -> {
        if (SlidingRows.emit(loop, context, exprs)) {
          return;
        }
        boolean ordered = StepOrder.matters(loop, context);
        for (long i = 0; i < shape.constantExtent(loop); i++) {
          var alias = new Environment.Binding.Alias(shape.min().plus(i));
          if (ordered && i > 0) {
            ir.keepOrder();
          }
          try (var _ = context.environment.bind(loop.var(), alias)) {
            exprs.beginStatement();
            prefetch.emit(loop, exprs.indexEmitter());
            emit(loop.body());
          }
        }
      }
      case VECTORIZED -> emitVectorized(loop, shape);
    }
  }

  private void emitVectorized(Stmt.For loop, LoopShape shape) {
    if (loop.body() instanceof Stmt.Store store
        && !mentions(store.indices(), loop)
        && LaneReduction.match(store).isPresent()) {
      emitReduction(loop, shape, store, LaneReduction.match(store).get());
      return;
    }
    for (VectorPlan.Piece piece : context.vectors.pieces(loop)) {
      try (var _ = enter(loop, shape, piece);
          var _ = context.masked(new Mask(piece.count(), piece.lanes(), null))) {
        emit(loop.body());
      }
    }
  }

  private static boolean mentions(List<PrimExpr> exprs, Stmt.For loop) {
    return exprs.stream().anyMatch(expr -> PrimExprs.uses(expr, loop.var()));
  }

  private Environment.Scope enter(Stmt.For loop, LoopShape shape, VectorPlan.Piece piece) {
    Affine first = shape.min().plus(piece.start());
    return context.environment.bindLanes(loop.var(), first, piece.lanes());
  }

  /** Folds whole vectors into one before the lanes of that are folded. */
  private void emitReduction(
      Stmt.For loop, LoopShape shape, Stmt.Store store, LaneReduction reduction) {
    Value vector = null;
    Value scalar = null;
    int lanes = context.vectors.pieces(loop).getFirst().lanes();
    for (VectorPlan.Piece piece : context.vectors.pieces(loop)) {
      try (var _ = enter(loop, shape, piece);
          var _ = context.masked(new Mask(piece.count(), piece.lanes(), null))) {
        exprs.beginStatement();
        Value value = exprs.emit(reduction.value());
        if (piece.lanes() == lanes && context.mask().isFull() && lanes > 1) {
          vector = folded(reduction, vector, ir.splat(value, lanes));
        } else {
          scalar = folded(reduction, scalar, LaneReduction.across(context, reduction.op(), value));
        }
      }
    }
    if (vector != null) {
      try (var _ = context.masked(new Mask(lanes, lanes, null))) {
        scalar = folded(reduction, scalar, LaneReduction.across(context, reduction.op(), vector));
      }
    }
    exprs.beginStatement();
    Affine offset = context.indices.offset(store.buffer(), store.indices());
    accumulate(store, offset, reduction, scalar);
  }

  private Value folded(LaneReduction reduction, Value sum, Value value) {
    return sum == null ? value : context.arithmetic.binary(reduction.op(), sum, value);
  }

  /** The {@code int64} that {@code affine} is at this place. */
  LLVMValueRef value(Affine affine) {
    return value(affine, DType.I64);
  }

  /** What {@code affine} is at this place, as an integer of {@code width}, which it fits. */
  LLVMValueRef value(Affine affine, DType width) {
    exprs.beginStatement();
    return width.equals(DType.I64)
        ? exprs.indexEmitter().emit(affine).ref()
        : exprs.indexEmitter().emit(affine, width).ref();
  }

  /** The integers that hold a loop's variable and its end. */
  DType width(LoopShape shape) {
    return exprs.indexEmitter().width(shape.range().plus(new Range(0, 1)));
  }

  void emitSerial(Stmt.For loop, LoopShape shape) {
    emitSerial(loop, shape, () -> emit(loop.body()));
  }

  /** Emits loops one inside the other, with {@code body} in the place of the innermost's. */
  void emitSerials(List<Stmt.For> loops, Runnable body) {
    if (loops.isEmpty()) {
      body.run();
      return;
    }
    Stmt.For loop = loops.getFirst();
    Runnable inner = () -> emitSerials(loops.subList(1, loops.size()), body);
    emitSerial(loop, LoopShape.of(loop, context.indices), inner);
  }

  private void emitSerial(Stmt.For loop, LoopShape shape, Runnable body) {
    if (shape.isSingle()) {
      try (var _ =
          context.environment.bind(loop.var(), new Environment.Binding.Alias(shape.min()))) {
        body.run();
      }
      return;
    }
    DType width = width(shape);
    LLVMValueRef begin = value(shape.min(), width);
    LLVMValueRef end = value(shape.min().plus(shape.extent()), width);
    boolean runs = context.indices.range(shape.extent()).low() > 0;
    emitCounted(loop, begin, end, shape.range(), runs, body);
  }

  /**
   * Runs the body for {@code [begin, end)}; the test stands at the loop's end.
   *
   * @param range of the variable
   * @param runs true where the loop is known not to be empty
   */
  void emitCounted(Stmt.For loop, LLVMValueRef begin, LLVMValueRef end, Range range, boolean runs) {
    emitCounted(loop, begin, end, range, runs, () -> emit(loop.body()));
  }

  private void emitCounted(
      Stmt.For loop,
      LLVMValueRef begin,
      LLVMValueRef end,
      Range range,
      boolean runs,
      Runnable content) {
    LLVMBasicBlockRef after = ir.newBlock(loop.var().name() + ".end");
    LLVMBasicBlockRef body = ir.newBlock(loop.var().name());
    LLVMBasicBlockRef before = ir.currentBlock();
    if (runs) {
      ir.branch(body);
    } else {
      ir.branch(ir.compareInts(LLVMIntSLT, begin, end), body, after);
    }
    ir.moveTo(body);
    LLVMValueRef counter = ir.phi(LLVMTypeOf(begin));
    ir.addIncoming(counter, begin, before);
    try (var _ = context.repeated();
        var _ = context.environment.bindScalar(loop.var(), counter, range)) {
      exprs.beginStatement();
      prefetch.emit(loop, exprs.indexEmitter());
      panels.enter(loop, exprs.indexEmitter());
      stores.enter(loop, exprs.indexEmitter());
      content.run();
      stores.leave();
      panels.leave();
    }
    LLVMValueRef next = ir.binary(LLVMAdd, counter, LLVMConstInt(LLVMTypeOf(begin), 1, 0));
    LLVMSetNSW(next, 1);
    ir.addIncoming(counter, next, ir.currentBlock());
    ir.branch(ir.compareInts(LLVMIntSLT, next, end), body, after);
    LLVMMoveBasicBlockAfter(after, ir.currentBlock());
    ir.moveTo(after);
  }

  private void emitStore(Stmt.Store store) {
    exprs.beginStatement();
    if (store.async() && machine.emitCopy(store, context, this)) {
      return;
    }
    Affine offset = context.indices.offset(store.buffer(), store.indices());
    boolean sharedElement = offset.lane() == 0 && !offset.isVarying();
    Optional<LaneReduction> reduction = LaneReduction.match(store);
    if (context.environment.lanes() > 1 && sharedElement && reduction.isPresent()) {
      emitReduction(store, offset, reduction.get());
    } else {
      exprs.memory().store(store.buffer(), offset, exprs.emit(store.value()));
    }
  }

  private void emitReduction(Stmt.Store store, Affine offset, LaneReduction reduction) {
    Value lanes = exprs.emit(reduction.value());
    accumulate(store, offset, reduction, LaneReduction.across(context, reduction.op(), lanes));
  }

  private void accumulate(Stmt.Store store, Affine offset, LaneReduction reduction, Value folded) {
    Load accumulator = reduction.accumulator();
    Value before = exprs.memory().load(accumulator.buffer(), offset);
    Value after = context.arithmetic.binary(reduction.op(), before, folded);
    exprs.memory().store(store.buffer(), offset, after);
  }

  private void emitIf(Stmt.If branch) {
    Optional<Boolean> known = context.indices.known(branch.condition());
    if (known.isPresent()) {
      if (known.get()) {
        emit(branch.then());
      } else {
        branch.otherwise().ifPresent(this::emit);
      }
      return;
    }
    exprs.beginStatement();
    Value condition = exprs.condition(branch.condition());
    if (condition.isScalar()) {
      emitBranch(branch, condition);
      return;
    }
    try (var _ = context.guarded(condition)) {
      emit(branch.then());
    }
    if (branch.otherwise().isPresent()) {
      try (var _ = context.guarded(context.arithmetic.not(condition))) {
        emit(branch.otherwise().get());
      }
    }
  }

  private void emitBranch(Stmt.If branch, Value condition) {
    machine.keepComputed(context);
    try (var _ = context.branched()) {
      branch(
          ir,
          condition.ref(),
          () -> emit(branch.then()),
          branch.otherwise().map(other -> (Runnable) () -> emit(other)));
    }
  }

  /** Runs one of two parts, each of which ends in a block of its own. */
  static void branch(
      IrBuilder ir, LLVMValueRef condition, Runnable whenTrue, Optional<Runnable> whenFalse) {
    LLVMBasicBlockRef then = ir.newBlock("then");
    LLVMBasicBlockRef after = ir.newBlock("end");
    LLVMBasicBlockRef otherwise = whenFalse.isPresent() ? ir.newBlock("else") : after;
    ir.branch(condition, then, otherwise);
    ir.moveTo(then);
    whenTrue.run();
    ir.branch(after);
    if (whenFalse.isPresent()) {
      ir.moveTo(otherwise);
      whenFalse.get().run();
      ir.branch(after);
    }
    LLVMMoveBasicBlockAfter(after, ir.currentBlock());
    ir.moveTo(after);
  }

  private void emitAllocate(Stmt.Allocate allocate) {
    if (context.environment.lanes() > 1) {
      throw new CodegenException(
          "buffer " + allocate.buffer() + " is allocated inside a vectorised loop");
    }
    boolean local = allocate.buffer().scope() == Scope.LOCAL;
    Optional<List<SlotTable.Slot>> slots =
        local
            ? RegisterSlots.plan(allocate, context.environment, context.vectors)
            : Optional.empty();
    if (slots.isPresent()) {
      SlotTable table =
          SlotTable.allocate(ir, allocate.buffer().dtype(), allocate.buffer().name(), slots.get());
      context.place(allocate.buffer(), new Storage.Registers(table));
      emit(allocate.body());
    } else {
      try (var _ = machine.allocate(allocate.buffer(), context)) {
        emit(allocate.body());
      }
    }
    context.forget(allocate.buffer());
  }
}
