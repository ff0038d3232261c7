package org.jtvmc.codegen.emit;

import java.util.List;
import java.util.Map;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.type.DType;

/**
 * Loops in which each thread of a warp multiplies some rows of one tile in shared memory by some
 * columns of another, such that together they do what tensor cores do:
 *
 * <pre>
 *   for i, for j, for k { c[i, j] = c[i, j] + wide(a[i, k]) * wide(b[k, j]) }
 * </pre>
 *
 * <p>Of the 16 rows of an {@code mma.sync} the thread with lane number {@code 4 g + q} has two,
 * which are rows {@code g} of two groups of eight, and of its 8 columns two, {@code 2 q} and {@code
 * 2 q + 1} (PTX ISA, "Matrix Fragments for mma.m16n8k16"; m16n8k8 of tf32 has the same rows and
 * columns). So the place of a thread's row moves with {@code g} alone, and that of its column with
 * {@code q} alone.
 *
 * @param rows where in {@code left} each of a thread's rows begins; an even number
 * @param columns where in {@code right} each of its columns begins; an even number
 * @param results where in the accumulator the element of a row and a column is
 * @param depth the products that are added to each element
 */
record WarpProduct(
    Operand left,
    Operand right,
    Buffer accumulator,
    List<Affine> rows,
    List<Affine> columns,
    Map<Place, Affine> results,
    int depth) {

  /** What an instruction takes of a row along the reduction. */
  static final int STEP_BYTES = 32;

  /** A row of the matrices that {@code ldmatrix} loads. */
  static final int MATRIX_ROW_BYTES = 16;

  /** The threads that share a row. */
  static final int THREADS_OF_ROW = 4;

  /** Of a thread's rows and columns, by number. */
  record Place(int row, int column) {}

  /**
   * A tile in shared memory.
   *
   * @param step how far apart the factors of neighbouring products lie, in elements
   * @param laneStep how far apart the rows of neighbouring {@code g} lie, or the columns of
   *     neighbouring {@code q}
   */
  record Operand(Buffer buffer, long step, long laneStep) {

    DType dtype() {
      return buffer.dtype();
    }

    /** True where the elements of the other dimension lie side by side, not those reduced. */
    boolean transposed() {
      return step != 1;
    }

    /**
     * True where fragments are loaded word by word: {@code ldmatrix} turns two-byte numbers only.
     */
    boolean byWords() {
      return transposed() && dtype().bytes() == Integer.BYTES;
    }

    /** The elements of a row of a matrix. */
    int unit() {
      return MATRIX_ROW_BYTES / dtype().bytes();
    }
  }

  WarpProduct {
    rows = List.copyOf(rows);
    columns = List.copyOf(columns);
    results = Map.copyOf(results);
  }

  /** The products of one instruction along the reduction. */
  int stepDepth() {
    return STEP_BYTES / left.dtype().bytes();
  }
}
