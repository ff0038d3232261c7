package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import java.util.Arrays;
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

/**
 * Emits index arithmetic. A GPU computes in 32 bits, as many as its registers have, and so do its
 * indices wherever the ranges of the variables show that these suffice.
 */
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
    return context.arithmetic.cast(DType.I64, emit(affine, width(context.indices.range(affine))));
  }

  /** The integers in which to compute an index of this range: {@code int32} or {@code int64}. */
  DType width(Range range) {
    return context.target.isGpu() && fits(range) ? DType.I32 : DType.I64;
  }

  private static boolean fits(Range range) {
    return range.within(Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  /**
   * The value modulo 2 to the bits of {@code width}. What is summed up may exceed these where the
   * sum does not: that goes by the same modulus.
   */
  Value emit(Affine affine, DType width) {
    Value sum = null;
    Affine soFar = Affine.of(0);
    for (Map.Entry<Atom, Long> term : outermostFirst(affine)) {
      Affine own = Affine.of(term.getKey()).times(term.getValue());
      Value scaled = scaled(atom(term.getKey(), width), term.getValue());
      if (term.getValue() != 1) {
        sayExact(scaled, own);
      }
      if (sum == null) {
        sum = scaled;
      } else {
        sum = context.arithmetic.binary(BinaryOp.ADD, sum, scaled);
        sayExact(sum, soFar, own, soFar.plus(own));
      }
      soFar = soFar.plus(own);
    }
    if (affine.constant() != 0 || (sum == null && affine.lane() == 0)) {
      Value constant = ir.constant(width, affine.constant());
      sum = sum == null ? constant : context.arithmetic.binary(BinaryOp.ADD, sum, constant);
    }
    if (affine.lane() != 0) {
      Value lanes = scaled(laneNumbers(width), affine.lane());
      sum = sum == null ? lanes : context.arithmetic.binary(BinaryOp.ADD, sum, lanes);
    }
    return sum;
  }

  /** The address of element {@code offset} of the array at {@code base}; a scalar offset. */
  LLVMValueRef address(LLVMTypeRef element, LLVMValueRef base, Affine offset) {
    Affine moving = offset.plus(-offset.constant());
    LLVMValueRef pointer = base;
    if (width(context.indices.range(moving)).equals(DType.I32)) {
      if (!moving.isConstant()) {
        pointer = ir.pointer(element, pointer, emit(moving, DType.I32).ref());
      }
    } else {
      for (Map.Entry<Atom, Long> term : outermostFirst(offset)) {
        Value part = scaled(atom(term.getKey(), DType.I64), term.getValue());
        pointer = ir.pointer(element, pointer, part.ref());
      }
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

  /**
   * Says that the sum or product {@code value} does not overflow where 32 bits hold it and what it
   * is made of. Then its address is known to be the sum of its parts' addresses, of which some do
   * not move with a loop.
   */
  private void sayExact(Value value, Affine... parts) {
    boolean fit = Arrays.stream(parts).map(context.indices::range).allMatch(IndexEmitter::fits);
    if (value.dtype().equals(DType.I32) && fit) {
      ir.neverWraps(value.ref());
    }
  }

  private Value laneNumbers(DType width) {
    int lanes = context.environment.lanes();
    return new Value(ir.iota(ir.types().register(width, 1), lanes), width, lanes);
  }

  private Value scaled(Value value, long factor) {
    return factor == 1
        ? value
        : context.arithmetic.binary(BinaryOp.MULTIPLY, value, ir.constant(value.dtype(), factor));
  }

  private Value atom(Atom atom, DType width) {
    Value value =
        switch (atom) {
          case Atom.Variable(PrimVar variable) -> exprs.bound(variable);
          case Atom.Quotient(Affine numerator, long divisor) ->
              divide(numerator, divisor, BinaryOp.FLOOR_DIVIDE);
          case Atom.Modulus(Affine numerator, long divisor) ->
              divide(numerator, divisor, BinaryOp.FLOOR_MODULO);
          case Atom.Exclusive(Affine left, Affine right) ->
              context.arithmetic.binary(BinaryOp.BIT_XOR, emit(left, width), emit(right, width));
          case Atom.Opaque(PrimExpr expr, _) -> exprs.emitOpaque(expr);
        };
    return context.arithmetic.cast(width, value);
  }

  /** A numerator that is never negative divides unsigned, and in 32 bits where it fits. */
  private Value divide(Affine numerator, long divisor, BinaryOp op) {
    Range range = context.indices.range(numerator);
    boolean small = range.high() <= Integer.MAX_VALUE && divisor <= Integer.MAX_VALUE;
    Value value = emit(numerator, small ? width(range) : DType.I64);
    DType dtype = range.low() < 0 ? value.dtype() : small ? DType.U32 : DType.U64;
    Value dividend = context.arithmetic.cast(dtype, value);
    return context.arithmetic.binary(op, dividend, ir.constant(dtype, divisor));
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
      case Atom.Exclusive(Affine left, Affine right) -> Math.max(depth(left), depth(right));
      case Atom.Opaque _ -> Integer.MAX_VALUE;
    };
  }

  private int depth(Affine affine) {
    return affine.terms().keySet().stream().mapToInt(this::depth).max().orElse(0);
  }
}
