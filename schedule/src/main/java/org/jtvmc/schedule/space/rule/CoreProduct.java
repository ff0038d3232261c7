package org.jtvmc.schedule.space.rule;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;

/**
 * Products that tensor cores make: {@code sum(wide(a[.., k]) * wide(b[.., k]))} of float16,
 * bfloat16 or tfloat32 numbers summed in float32, or of bytes summed in int32; with further reduce
 * axes, such as a convolution's window, outside of {@code k}. Float32 factors would have to be
 * rounded, and never are unless the model says so with a type.
 *
 * @param along the number of the reduce axis along which a row of a fragment lies
 * @param step the multiple of which there must be products along that axis, at a time and in all
 * @param groups true where the warps of a group multiply together what is swizzled in shared memory
 */
record CoreProduct(int along, long step, boolean groups) {
  private static final int LEAST_ARCH = 80;

  /** A row of the matrices that are loaded from shared memory. */
  private static final long MATRIX_ROW_BYTES = 16;

  private static final long WORD_BYTES = 4;

  /** What an instruction takes of a row along the reduction. */
  static final long STEP_BYTES = 32;

  /**
   * How tensor cores make the product; empty where they cannot.
   *
   * @param operands the two that are multiplied
   * @param others the axes of the result that one of them depends on
   */
  static Optional<CoreProduct> of(
      CudaTarget gpu, Stage product, List<Access> operands, List<Axis> others) {
    return of(gpu, product, operands, others, false);
  }

  /** The same where the reduction goes on with zeros up to a multiple of the step. */
  static Optional<CoreProduct> ofPadded(
      CudaTarget gpu, Stage product, List<Access> operands, List<Axis> others) {
    return of(gpu, product, operands, others, true);
  }

  private static Optional<CoreProduct> of(
      CudaTarget gpu, Stage product, List<Access> operands, List<Axis> others, boolean padded) {
    if (gpu.arch() < LEAST_ARCH
        || operands.size() != 2
        || !product.op().reducer().equals(Optional.of(Reducer.SUM))
        || !areMultiplied(product.op().body(), product.op().dtype(), operands)) {
      return Optional.empty();
    }
    List<Axis> reduced = product.op().reduceAxes();
    long step = STEP_BYTES / operands.getFirst().tensor().dtype().bytes();
    for (int along = 0; along < reduced.size(); along++) {
      Axis axis = reduced.get(along);
      boolean inOrder = operands.stream().allMatch(operand -> isLoadable(operand, axis, others));
      // What is packed alone gives no order.
      boolean given =
          operands.stream().anyMatch(o -> walks(o.indices().get(lastDimension(o)), axis, others));
      if ((given || reduced.size() == 1) && inOrder && (padded || axis.size() % step == 0)) {
        return Optional.of(new CoreProduct(along, step, false));
      }
    }
    return Optional.empty();
  }

  /**
   * How groups of warps make the same product of factors of one type; empty where they cannot.
   * Bytes with and without a sign would need PTX of version 8.4. Lines of shared memory hold
   * products of a row or, of numbers of two bytes, rows of a product.
   */
  Optional<CoreProduct> inGroups(
      CudaTarget gpu, Stage product, List<Access> operands, List<Axis> others) {
    long line = Buffer.LINE_BYTES / operands.getFirst().tensor().dtype().bytes();
    Axis axis = product.op().reduceAxes().getFirst();
    boolean possible =
        gpu.hasWarpgroups()
            && product.op().reduceAxes().size() == 1
            && axis.size() % line == 0
            && operands.stream().map(operand -> operand.tensor().dtype()).distinct().count() == 1
            && operands.stream()
                .allMatch(
                    operand ->
                        operand.tensor().dtype().bytes() == 2 || isAlong(operand, axis, others));
    return possible ? Optional.of(new CoreProduct(along, line, true)) : Optional.empty();
  }

  /** True where the products of a row lie side by side in shared memory. */
  static boolean isAlong(Access operand, Axis along, List<Axis> others) {
    return walks(operand.indices().get(innermost(operand, along, others)), along, others);
  }

  /** True for an index that moves with the products of a row one by one, and with no row. */
  private static boolean walks(PrimExpr index, Axis along, List<Axis> others) {
    return index == along.var()
        || (Access.coefficient(index, along.var()).orElse(0) == 1
            && others.stream().noneMatch(axis -> PrimExprs.uses(index, axis.var())));
  }

  private static boolean areMultiplied(PrimExpr body, DType sum, List<Access> operands) {
    if (body instanceof Binary(BinaryOp op, PrimExpr left, PrimExpr right)
        && op == BinaryOp.MULTIPLY
        && left instanceof Cast(DType wide, Read a)
        && right instanceof Cast(DType same, Read b)
        && wide.equals(sum)
        && same.equals(sum)) {
      DType first = a.tensor().dtype();
      DType second = b.tensor().dtype();
      boolean floats =
          sum.equals(DType.F32)
              && first.equals(second)
              && List.of(DType.F16, DType.BF16, DType.TF32).contains(first);
      boolean asTheyAre =
          operands.stream().allMatch(o -> o.tensor() == a.tensor() || o.tensor() == b.tensor());
      return asTheyAre && (floats || (sum.equals(DType.I32) && isByte(first) && isByte(second)));
    }
    return false;
  }

  private static boolean isByte(DType dtype) {
    return dtype.equals(DType.I8) || dtype.equals(DType.U8);
  }

  /** The variable that walks through elements side by side; null where it is not a plain one. */
  private static PrimVar ends(Access operand) {
    int last = lastDimension(operand);
    return operand.indices().get(last) instanceof PrimVar variable ? variable : null;
  }

  /** The last dimension of more than one element. */
  private static int lastDimension(Access operand) {
    int last = operand.indices().size() - 1;
    while (last > 0 && IntImm.is(operand.tensor().dim(last), 1)) {
      last--;
    }
    return last;
  }

  /**
   * The dimension that lies side by side in shared memory; the operand is turned where it is not
   * the last.
   */
  static int innermost(Access operand, Axis along, List<Axis> others) {
    int last = lastDimension(operand);
    if (walks(operand.indices().get(last), along, others)
        || isOneOf(ends(operand), operand, others)) {
      return last;
    }
    for (int dim = 0; dim < operand.indices().size(); dim++) {
      if (walks(operand.indices().get(dim), along, others)) {
        return dim;
      }
    }
    throw new IllegalStateException("no dimension of the reduction: " + operand);
  }

  /**
   * The elements by which rows of a tile in shared memory are longer than what they hold, so that
   * what a warp loads together lies in different banks; none where they are swizzled.
   *
   * @param others the axes of the result that one of the operands depends on
   * @param last the dimension that lies side by side
   */
  long padding(Access operand, Axis along, List<Axis> others, int last) {
    if (groups) {
      return 0;
    }
    long bytes = operand.tensor().dtype().bytes();
    boolean byWords = bytes == WORD_BYTES && !walks(operand.indices().get(last), along, others);
    // Words of four rows, eight in each; else rows of 16 bytes.
    return (byWords ? 2 * MATRIX_ROW_BYTES : MATRIX_ROW_BYTES) / bytes;
  }

  /** True for floats whose last dimension is one of the result's. */
  private static boolean isOneOf(PrimVar last, Access operand, List<Axis> others) {
    return operand.tensor().dtype().isFloat()
        && others.stream().anyMatch(axis -> axis.var() == last);
  }

  /**
   * True where the last dimension is that of the products or, of floats, the other; or where
   * constants can be turned so when the model is compiled.
   */
  private static boolean isLoadable(Access operand, Axis along, List<Axis> others) {
    PrimExpr last = operand.indices().get(lastDimension(operand));
    boolean turned =
        operand.tensor().constantSource().isPresent()
            && operand.indices().stream().anyMatch(index -> walks(index, along, others));
    return walks(last, along, others) || isOneOf(ends(operand), operand, others) || turned;
  }
}
