package org.jtvmc.codegen.emit;

import java.util.List;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.type.DType;

/**
 * {@link ProductLoops} in which the four warps of each group of a block do together what {@code
 * wgmma.mma_async} does: rows of one swizzled tile times columns of another.
 *
 * <p>Of the 64 rows of an instruction the thread with lane number {@code 4 g + q} of warp {@code w}
 * has {@code 16 w + g} and {@code 16 w + 8 + g}; of its columns, in groups of eight, {@code 2 q}
 * and {@code 2 q + 1} (PTX ISA, "Register Fragments for wgmma.mma_async.m64nNk16"; those of other
 * types have the same sums).
 *
 * @param tiles for each 64 rows how far they are from the first of all
 * @param columns of an instruction
 * @param results for each tile where the sums of a thread are in the accumulator, in the order of
 *     the instruction's registers
 * @param depth the products that are added to each element
 */
record WarpgroupProduct(
    Operand left,
    Operand right,
    Buffer accumulator,
    List<Long> tiles,
    int columns,
    List<List<Affine>> results,
    int depth) {

  /** The threads of a group. */
  static final int THREADS = 128;

  /** The rows of an instruction. */
  static final int ROWS = 64;

  /** The most columns of an instruction. */
  static final int MOST_COLUMNS = 256;

  /** Columns of which a thread has two. */
  static final int COLUMNS_OF_LANES = 8;

  /**
   * A tile in shared memory.
   *
   * @param first the place of the first row (column) of the first group, at the first product;
   *     without the part that the thread decides
   * @param transposed true where rows (columns) lie side by side, not the products of one
   * @param ofGroup how far the rows of neighbouring groups of warps are apart
   */
  record Operand(SwizzledPlace first, boolean transposed, long ofGroup) {
    DType dtype() {
      return first.buffer().dtype();
    }
  }

  WarpgroupProduct {
    tiles = List.copyOf(tiles);
    results = List.copyOf(results);
  }

  /** The products of one instruction along the reduction. */
  int stepDepth() {
    return WarpProduct.STEP_BYTES / left.dtype().bytes();
  }
}
