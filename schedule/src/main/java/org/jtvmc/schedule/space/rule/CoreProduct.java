package org.jtvmc.schedule.space.rule;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;

/**
 * Products that tensor cores make: {@code sum(wide(a[.., k]) * wide(b[.., k]))} of float16 or
 * bfloat16 numbers summed in float32, or of bytes summed in int32. Float32 factors would have to be
 * rounded (TF32), and never are.
 */
final class CoreProduct {
  private static final int LEAST_ARCH = 80;

  /** What an instruction takes of a row along the reduction. */
  private static final long STEP_BYTES = 32;

  private CoreProduct() {}

  /**
   * The multiple of which there must be products of each element, at a time and in all; empty where
   * tensor cores cannot make them.
   *
   * @param operands the two that are multiplied
   * @param row the axis that one of them depends on
   * @param column that of the other
   */
  static Optional<Long> step(
      CudaTarget gpu, Stage product, List<Access> operands, Axis row, Axis column) {
    List<Axis> reduced = product.op().reduceAxes();
    if (gpu.arch() < LEAST_ARCH
        || operands.size() != 2
        || reduced.size() != 1
        || !product.op().reducer().equals(Optional.of(Reducer.SUM))
        || !areMultiplied(product.op().body(), product.op().dtype())) {
      return Optional.empty();
    }
    Axis along = reduced.getFirst();
    boolean inOrder =
        operands.stream().allMatch(operand -> isLoadable(operand, along, List.of(row, column)));
    long step = STEP_BYTES / operands.getFirst().tensor().dtype().bytes();
    return inOrder && along.size() % step == 0 ? Optional.of(step) : Optional.empty();
  }

  private static boolean areMultiplied(PrimExpr body, DType sum) {
    if (body instanceof Binary(BinaryOp op, PrimExpr left, PrimExpr right)
        && op == BinaryOp.MULTIPLY
        && left instanceof Cast(DType wide, Read a)
        && right instanceof Cast(DType same, Read b)
        && wide.equals(sum)
        && same.equals(sum)) {
      DType first = a.tensor().dtype();
      DType second = b.tensor().dtype();
      boolean halves =
          sum.equals(DType.F32)
              && first.equals(second)
              && (first.equals(DType.F16) || first.equals(DType.BF16));
      return halves || (sum.equals(DType.I32) && isByte(first) && isByte(second));
    }
    return false;
  }

  private static boolean isByte(DType dtype) {
    return dtype.equals(DType.I8) || dtype.equals(DType.U8);
  }

  /** True where the last dimension is that of the products or, of two-byte numbers, the other. */
  private static boolean isLoadable(Access operand, Axis along, List<Axis> others) {
    if (!(operand.indices().getLast() instanceof PrimVar last)) {
      return false;
    }
    boolean transposed =
        operand.tensor().dtype().bytes() == 2
            && others.stream().anyMatch(axis -> axis.var() == last);
    return last == along.var() || transposed;
  }
}
