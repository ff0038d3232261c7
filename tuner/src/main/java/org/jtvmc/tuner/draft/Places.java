package org.jtvmc.tuner.draft;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongBinaryOperator;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;

/**
 * Where in a buffer some indices lie, for many values of the loops' variables at once.
 *
 * @param values of the variables in each case; those that are missing are zero
 * @param count of the cases
 */
record Places(Map<PrimVar, List<Long>> values, int count) {
  /** What a dimension of unknown size is taken for. */
  private static final long UNKNOWN = 1 << 12;

  Places {
    values = Map.copyOf(values);
  }

  /** In elements, for each case; empty where an index depends on what is in memory. */
  Optional<long[]> of(Buffer buffer, List<PrimExpr> indices) {
    long[] sum = new long[count];
    long dense = 1;
    for (int dim = buffer.rank() - 1; dim >= 0; dim--) {
      long[] index = values(indices.get(dim));
      if (index.length == 0) {
        return Optional.empty();
      }
      long stride = buffer.strides().get(dim) instanceof IntImm imm ? imm.value() : dense;
      for (int i = 0; i < count; i++) {
        sum[i] += index[i] * stride;
      }
      dense = stride * (buffer.shape().get(dim) instanceof IntImm size ? size.value() : UNKNOWN);
    }
    return Optional.of(sum);
  }

  /** Empty where it is not known. */
  private long[] values(PrimExpr expr) {
    return switch (expr) {
      case IntImm imm -> {
        long[] all = new long[count];
        Arrays.fill(all, imm.value());
        yield all;
      }
      case PrimVar variable ->
          values.containsKey(variable)
              ? values.get(variable).stream().mapToLong(Long::longValue).toArray()
              : new long[count];
      case Cast cast -> values(cast.value());
      case Binary(BinaryOp op, PrimExpr left, PrimExpr right) ->
          operator(op)
              .map(operator -> combined(operator, left, right))
              .orElseGet(() -> new long[0]);
      case PrimExpr _ -> new long[0];
    };
  }

  private long[] combined(LongBinaryOperator operator, PrimExpr left, PrimExpr right) {
    long[] a = values(left);
    long[] b = values(right);
    if (a.length == 0 || b.length == 0) {
      return new long[0];
    }
    for (int i = 0; i < count; i++) {
      a[i] = operator.applyAsLong(a[i], b[i]);
    }
    return a;
  }

  private static Optional<LongBinaryOperator> operator(BinaryOp op) {
    return switch (op) {
      case ADD -> Optional.of(Long::sum);
      case SUBTRACT -> Optional.of((a, b) -> a - b);
      case MULTIPLY -> Optional.of((a, b) -> a * b);
      case DIVIDE -> Optional.of((a, b) -> b == 0 ? 0 : a / b);
      case REMAINDER -> Optional.of((a, b) -> b == 0 ? 0 : a % b);
      case FLOOR_DIVIDE -> Optional.of((a, b) -> b == 0 ? 0 : Math.floorDiv(a, b));
      case FLOOR_MODULO -> Optional.of((a, b) -> b == 0 ? 0 : Math.floorMod(a, b));
      case MIN -> Optional.of(Math::min);
      case MAX -> Optional.of(Math::max);
      case AND, OR, BIT_AND, BIT_OR, BIT_XOR, SHIFT_LEFT, SHIFT_RIGHT -> Optional.empty();
    };
  }
}
