package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.emit.math.MathEmitter;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.Not;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.type.DType;

/**
 * Emits scalar expressions. Inside a vectorised loop an expression that lanes share stays a scalar;
 * it is copied to the lanes only where it meets a vector.
 */
final class ExprEmitter {
  private final EmitContext context;
  private final IrBuilder ir;
  private final IndexEmitter indexEmitter;
  private final MemoryAccess memory;
  private final MathEmitter math;
  private final DotProductEmitter dots;

  /** Values of the statement being emitted, by identity; a branch of a select has its own. */
  private Memo memo = new Memo(null);

  ExprEmitter(EmitContext context) {
    this.context = context;
    this.ir = context.ir;
    this.indexEmitter = new IndexEmitter(context, this);
    this.memory = new MemoryAccess(context, indexEmitter);
    this.math = new MathEmitter(ir, context.target);
    this.dots = new DotProductEmitter(context, this);
  }

  MemoryAccess memory() {
    return memory;
  }

  IndexEmitter indexEmitter() {
    return indexEmitter;
  }

  /** Forgets the values of the statement before. */
  void beginStatement() {
    memo = new Memo(null);
  }

  /** Says what an expression of this statement is. */
  void know(PrimExpr expr, Value value) {
    memo.values.put(expr, value);
  }

  Value emit(PrimExpr expr) {
    Value known = memo.find(expr);
    if (known != null) {
      return known;
    }
    Value value = isIndexArithmetic(expr) ? index(expr) : emitNode(expr);
    memo.values.put(expr, value);
    return value;
  }

  /** The condition as a value; a constant where it is plain. */
  Value condition(PrimExpr expr) {
    return context
        .indices
        .known(expr)
        .map(truth -> ir.constant(DType.BOOL, truth ? 1L : 0L))
        .orElseGet(() -> emit(expr));
  }

  /** An expression that index analysis could not take apart. */
  Value emitOpaque(PrimExpr expr) {
    return isIndexArithmetic(expr) ? emitNode(expr) : emit(expr);
  }

  /** The expression by its own operation, when it was found not to be affine. */
  Value emitNode(PrimExpr expr) {
    return switch (expr) {
      case IntImm imm -> ir.constant(imm.dtype(), imm.value());
      case FloatImm imm -> ir.constant(imm.dtype(), imm.value());
      case PrimVar variable -> variable(variable);
      case Binary binary when binary.dtype().isBool() -> logical(binary);
      case Binary binary ->
          DotProduct.match(binary)
              .flatMap(dots::emit)
              .orElseGet(
                  () ->
                      context.arithmetic.binary(
                          binary.op(), emit(binary.left()), emit(binary.right())));
      case Compare compare -> comparison(compare);
      case Not(PrimExpr operand) -> context.arithmetic.not(condition(operand));
      case Select select -> select(select);
      case Cast(var dtype, PrimExpr value) -> context.arithmetic.cast(dtype, emit(value));
      case Reinterpret(var dtype, PrimExpr value) ->
          context.arithmetic.reinterpret(dtype, emit(value));
      case Intrinsic intrinsic -> {
        List<Value> arguments = new ArrayList<>();
        intrinsic.arguments().forEach(argument -> arguments.add(emit(argument)));
        yield context.arithmetic.rounded(math.emit(intrinsic.op(), arguments));
      }
      case Load load ->
          memory.load(load.buffer(), context.indices.offset(load.buffer(), load.indices()));
      case Read read -> throw new CodegenException("a tensor read in loop IR: " + read);
    };
  }

  private Value variable(PrimVar variable) {
    return context.arithmetic.cast(variable.dtype(), bound(variable));
  }

  /** The variable's value, as an {@code int32} where it is held in one. */
  Value bound(PrimVar variable) {
    return switch (context.environment.get(variable)) {
      case Environment.Binding.Scalar scalar ->
          new Value(scalar.value(), ir.isNarrow(scalar.value()) ? DType.I32 : variable.dtype(), 1);
      case Environment.Binding.Alias(Affine meaning) -> indexEmitter.emit(meaning);
      case null -> throw new CodegenException("variable " + variable + " is not bound");
    };
  }

  private Value index(PrimExpr expr) {
    Affine affine = context.indices.affine(expr);
    boolean opaque =
        affine.terms().size() == 1
            && affine.terms().keySet().iterator().next()
                instanceof Affine.Atom.Opaque(PrimExpr inner, _)
            && inner == expr;
    return opaque ? emitNode(expr) : indexEmitter.emit(affine);
  }

  private static boolean isIndexArithmetic(PrimExpr expr) {
    return IndexAnalysis.isIndex(expr) && (expr instanceof Binary || expr instanceof PrimVar);
  }

  private Value logical(Binary binary) {
    Optional<Boolean> known = context.indices.known(binary);
    if (known.isPresent()) {
      return condition(binary);
    }
    Optional<Boolean> left = context.indices.known(binary.left());
    Optional<Boolean> right = context.indices.known(binary.right());
    if (left.isPresent() && (binary.op() == BinaryOp.AND || binary.op() == BinaryOp.OR)) {
      return emit(binary.right());
    }
    if (right.isPresent() && (binary.op() == BinaryOp.AND || binary.op() == BinaryOp.OR)) {
      return emit(binary.left());
    }
    return context.arithmetic.binary(binary.op(), emit(binary.left()), emit(binary.right()));
  }

  private Value comparison(Compare compare) {
    if (!IndexAnalysis.isIndex(compare.left())) {
      return context.arithmetic.compare(compare.op(), emit(compare.left()), emit(compare.right()));
    }
    if (context.indices.known(compare).isPresent()) {
      return condition(compare);
    }
    Affine left = context.indices.affine(compare.left());
    Affine right = context.indices.affine(compare.right());
    Affine difference = left.minus(right);
    if (difference.isVarying() || difference.lane() == 0) {
      return context.arithmetic.compare(compare.op(), emit(compare.left()), emit(compare.right()));
    }
    return indexEmitter.compareLanes(compare.op(), difference);
  }

  /** Both branches are evaluated, each with only its own lanes alive; then lanes are chosen. */
  private Value select(Select select) {
    Optional<Boolean> known = context.indices.known(select.condition());
    if (known.isPresent()) {
      return emit(known.get() ? select.whenTrue() : select.whenFalse());
    }
    Value condition = condition(select.condition());
    // What the condition has read, it has read of all lanes.
    boolean guarded = memo.find(select.whenTrue()) == null;
    Value whenTrue = underGuard(condition, select.whenTrue());
    if (guarded
        && select.whenTrue() instanceof Load load
        && isZero(select.whenFalse())
        && memory.givesZeros(load.buffer())
        && (condition.isScalar() || whenTrue.lanes() == condition.lanes())) {
      // What is masked off is read as 0 already.
      return whenTrue;
    }
    Value whenFalse = underGuard(context.arithmetic.not(condition), select.whenFalse());
    return context.arithmetic.select(condition, whenTrue, whenFalse);
  }

  private static boolean isZero(PrimExpr expr) {
    return IntImm.is(expr, 0)
        || (expr instanceof FloatImm imm && Double.doubleToRawLongBits(imm.value()) == 0);
  }

  private Value underGuard(Value guard, PrimExpr branch) {
    Memo outer = memo;
    memo = new Memo(outer);
    try (var _ = context.guarded(guard)) {
      return emit(branch);
    } finally {
      memo = outer;
    }
  }

  private static final class Memo {
    private final Memo outer;
    private final Map<PrimExpr, Value> values = new IdentityHashMap<>();

    Memo(Memo outer) {
      this.outer = outer;
    }

    Value find(PrimExpr expr) {
      for (Memo scope = this; scope != null; scope = scope.outer) {
        Value value = scope.values.get(expr);
        if (value != null) {
          return value;
        }
      }
      return null;
    }
  }
}
