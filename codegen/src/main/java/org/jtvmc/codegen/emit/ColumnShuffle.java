package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.llvm.LLVM.LLVMValueRef;

/**
 * Picks a column out of vectors that hold a square's rows, by shuffles of two vectors at a time.
 * What the columns have in common is emitted again for each of them, and LLVM computes it once: all
 * columns of a square of {@code n} rows take {@code n log n} shuffles together.
 *
 * <p>First within the 128-bit parts of the registers, which is where processors shuffle at the
 * least cost: pairs of rows are interleaved, then pairs of pairs, until a part holds a piece of a
 * column. Then whole parts are put together.
 */
final class ColumnShuffle {
  private static final int PART_BITS = 128;

  private final IrBuilder ir;

  /** Elements of a 128-bit part. */
  private final int part;

  /**
   * @param bits of an element
   */
  ColumnShuffle(IrBuilder ir, int bits) {
    this.ir = ir;
    this.part = PART_BITS / bits;
  }

  /**
   * Whether rows of this length make columns of that one here: powers of two, at least two parts of
   * a register long.
   */
  static boolean fits(int rowLanes, int columnLanes, int bits) {
    int longest = Math.max(rowLanes, columnLanes);
    return rowLanes > 1
        && Integer.bitCount(rowLanes) == 1
        && Integer.bitCount(columnLanes) == 1
        && bits >= 8
        && bits < PART_BITS
        && longest * bits >= 2 * PART_BITS;
  }

  /**
   * The elements at {@code index} of all {@code rows}, in the first lanes of a vector of {@code
   * lanes}; nothing is said of the others.
   */
  LLVMValueRef column(List<LLVMValueRef> rows, int index, int lanes) {
    int rowLanes = LLVMGetVectorSize(LLVMTypeOf(rows.getFirst()));
    int square = Math.max(rowLanes, lanes);
    List<LLVMValueRef> level = new ArrayList<>();
    for (LLVMValueRef row : rows) {
      level.add(resized(row, square));
    }
    while (level.size() < square) {
      level.add(ir.poison(LLVMTypeOf(level.getFirst())));
    }
    int within = index % part;
    for (int run = 1; run < part; run *= 2) {
      level = pairs(level, interleaved(square, run, within & part / 2 / run));
    }
    int parts = square / part;
    for (int bit = 1; bit < parts; bit *= 2) {
      level = pairs(level, alternate(square, index / part & bit));
    }
    return resized(level.getFirst(), lanes);
  }

  private List<LLVMValueRef> pairs(List<LLVMValueRef> level, int[] positions) {
    List<LLVMValueRef> next = new ArrayList<>();
    for (int i = 0; i < level.size(); i += 2) {
      next.add(ir.shuffle(level.get(i), level.get(i + 1), positions));
    }
    return next;
  }

  /** Of each part one half of both vectors, in runs by turns. */
  private int[] interleaved(int lanes, int run, int upperHalf) {
    int[] positions = new int[lanes];
    for (int lane = 0; lane < lanes; lane++) {
      int inPart = lane % part;
      int vector = inPart / run % 2;
      int from = (upperHalf > 0 ? part / 2 : 0) + inPart / run / 2 * run + inPart % run;
      positions[lane] = vector * lanes + lane - inPart + from;
    }
    return positions;
  }

  /** Every other part of the first vector, then of the second. */
  private int[] alternate(int lanes, int odd) {
    int[] positions = new int[lanes];
    for (int lane = 0; lane < lanes; lane++) {
      int vector = lane / (lanes / 2);
      int taken = lane % (lanes / 2) / part * 2 + (odd > 0 ? 1 : 0);
      positions[lane] = vector * lanes + taken * part + lane % part;
    }
    return positions;
  }

  private LLVMValueRef resized(LLVMValueRef vector, int lanes) {
    int before = LLVMGetVectorSize(LLVMTypeOf(vector));
    if (before == lanes) {
      return vector;
    }
    int[] positions = new int[lanes];
    for (int lane = 0; lane < lanes; lane++) {
      positions[lane] = lane < before ? lane : -1;
    }
    return ir.shuffle(vector, ir.poison(LLVMTypeOf(vector)), positions);
  }
}
