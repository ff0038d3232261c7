package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.emit.Affine.Atom;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.type.DType;

/** Emits index arithmetic. */
final class IndexEmitter {
  private final EmitContext context;
  private final IrBuilder ir;
  private final ExprEmitter exprs;

  IndexEmitter(EmitContext context, ExprEmitter exprs) {
    this.context = context;
    this.ir = context.ir;
    this.exprs = exprs;
  }

  /** The value as an {@code int64}; a vector where lanes differ. */
  Value emit(Affine affine) {
    Value sum = null;
    for (Map.Entry<Atom, Long> term : outermostFirst(affine)) {
      Value scaled = scaled(atom(term.getKey()), term.getValue());
      sum = sum == null ? scaled : context.arithmetic.binary(BinaryOp.ADD, sum, scaled);
    }
    if (affine.constant() != 0 || (sum == null && affine.lane() == 0)) {
      Value constant = ir.constant(DType.I64, affine.constant());
      sum = sum == null ? constant : context.arithmetic.binary(BinaryOp.ADD, sum, constant);
    }
    if (affine.lane() != 0) {
      Value lanes = scaled(laneNumbers(), affine.lane());
      sum = sum == null ? lanes : context.arithmetic.binary(BinaryOp.ADD, sum, lanes);
    }
    return sum;
  }

  /** The address of element {@code offset} of the array at {@code base}; a scalar offset. */
  LLVMValueRef address(LLVMTypeRef element, LLVMValueRef base, Affine offset) {
    LLVMValueRef pointer = base;
    for (Map.Entry<Atom, Long> term : outermostFirst(offset)) {
      pointer = ir.pointer(element, pointer, scaled(atom(term.getKey()), term.getValue()).ref());
    }
    return offset.constant() == 0
        ? pointer
        : ir.pointer(element, pointer, ir.int64(offset.constant()));
  }

  /** The lanes for which {@code difference op 0}; it moves with the lane's number alone. */
  Value compareLanes(Compare.Op op, Affine difference) {
    int lanes = context.environment.lanes();
    LLVMTypeRef word = ir.types().integer(32);
    Affine start = difference.atFirstLane();
    long step = difference.lane();
    long reach = Math.abs(step) * (lanes + 1L) + 1;
    // Clamped to what decides within the lanes, the start fits 32 bits.
    LLVMValueRef full = emit(start).ref();
    LLVMValueRef low = ir.intrinsic("llvm.smax", full, ir.int64(-reach));
    LLVMValueRef clamped = ir.intrinsic("llvm.smin", low, ir.int64(reach));
    LLVMValueRef narrow = ir.splat(ir.convert(LLVMTrunc, clamped, word), lanes);
    long[] steps = new long[lanes];
    for (int i = 0; i < lanes; i++) {
      steps[i] = -step * i;
    }
    LLVMValueRef bounds = ir.vectorOf(word, steps);
    LLVMValueRef result = ir.compareInts(Arithmetic.integerPredicate(op, true), narrow, bounds);
    return new Value(result, DType.BOOL, lanes);
  }

  private Value laneNumbers() {
    int lanes = context.environment.lanes();
    return new Value(ir.iota(ir.types().integer(64), lanes), DType.I64, lanes);
  }

  private Value scaled(Value value, long factor) {
    return factor == 1
        ? value
        : context.arithmetic.binary(BinaryOp.MULTIPLY, value, ir.constant(DType.I64, factor));
  }

  private Value atom(Atom atom) {
    return switch (atom) {
      case Atom.Variable(PrimVar variable) -> exprs.emitNode(variable);
      case Atom.Quotient(Affine numerator, long divisor) ->
          divide(numerator, divisor, BinaryOp.FLOOR_DIVIDE);
      case Atom.Modulus(Affine numerator, long divisor) ->
          divide(numerator, divisor, BinaryOp.FLOOR_MODULO);
      case Atom.Opaque(PrimExpr expr, _) -> exprs.emitOpaque(expr);
    };
  }

  /** A numerator that is never negative divides unsigned, and in 32 bits where it fits. */
  private Value divide(Affine numerator, long divisor, BinaryOp op) {
    Value value = emit(numerator);
    Range range = context.indices.range(numerator);
    if (range.low() < 0) {
      return context.arithmetic.binary(op, value, ir.constant(DType.I64, divisor));
    }
    DType dtype =
        range.high() <= Integer.MAX_VALUE && divisor <= Integer.MAX_VALUE ? DType.U32 : DType.U64;
    Value narrow = context.arithmetic.cast(dtype, value);
    Value result = context.arithmetic.binary(op, narrow, ir.constant(dtype, divisor));
    return context.arithmetic.cast(DType.I64, result);
  }

  /** Sums that start with the outer loops' parts leave the inner loop only its own. */
  private List<Map.Entry<Atom, Long>> outermostFirst(Affine affine) {
    if (affine.terms().size() < 2) {
      return List.copyOf(affine.terms().entrySet());
    }
    return affine.terms().entrySet().stream()
        .sorted(Comparator.comparingInt(term -> depth(term.getKey())))
        .toList();
  }

  private int depth(Atom atom) {
    return switch (atom) {
      case Atom.Variable(PrimVar variable) ->
          context.environment.get(variable) instanceof Environment.Binding.Scalar scalar
              ? scalar.depth()
              : Integer.MAX_VALUE;
      case Atom.Quotient(Affine numerator, _) -> depth(numerator);
      case Atom.Modulus(Affine numerator, _) -> depth(numerator);
      case Atom.Opaque _ -> Integer.MAX_VALUE;
    };
  }

  private int depth(Affine affine) {
    return affine.terms().keySet().stream().mapToInt(this::depth).max().orElse(0);
  }
}
