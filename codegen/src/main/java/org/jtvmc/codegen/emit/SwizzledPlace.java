package org.jtvmc.codegen.emit;

import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Buffer;

/**
 * A place in a swizzled {@link Buffer}: the rows, which are all dimensions but the one with stride
 * 1, are cut into lines of 128 bytes; those of the first part of each row come first, row below
 * row.
 *
 * @param rows the number of all rows
 * @param row the number of the row
 * @param column the place in it
 */
record SwizzledPlace(Buffer buffer, long rows, Affine row, Affine column) {
  /** What is moved as a whole. */
  private static final int GROUP_BYTES = 16;

  /** The lines of which each has its groups in another order. */
  static final int LINES = 8;

  static SwizzledPlace of(Buffer buffer, List<PrimExpr> indices, IndexAnalysis analysis) {
    int inner = 0;
    long elements = 1;
    for (int axis = 0; axis < buffer.rank(); axis++) {
      long size = constant(buffer.shape().get(axis));
      elements *= size;
      boolean longer = size > constant(buffer.shape().get(inner));
      if (IntImm.is(buffer.strides().get(axis), 1)
          && (longer || !IntImm.is(buffer.strides().get(inner), 1))) {
        inner = axis;
      }
    }
    long length = constant(buffer.shape().get(inner));
    Affine row = Affine.of(0);
    for (int axis = 0; axis < buffer.rank(); axis++) {
      if (axis != inner) {
        long stride = constant(buffer.strides().get(axis));
        row = row.plus(analysis.affine(indices.get(axis)).times(stride / length));
      }
    }
    return new SwizzledPlace(buffer, elements / length, row, analysis.affine(indices.get(inner)));
  }

  private static long constant(PrimExpr expr) {
    return ((IntImm) expr).value();
  }

  /** The elements of a line. */
  long line() {
    return Buffer.LINE_BYTES / buffer.dtype().bytes();
  }

  /** Where the element lies, in elements. */
  Affine offset(IndexAnalysis analysis) {
    long group = GROUP_BYTES / buffer.dtype().bytes();
    // Lanes of a vector are in one group: what is derived from its number does not move with them.
    Affine groups = analysis.quotient(column, group);
    long ofLine = line() / group;
    Affine own = exclusive(analysis.modulus(groups, ofLine), analysis.modulus(row, LINES));
    return analysis
        .quotient(groups, ofLine)
        .times(rows * line())
        .plus(row.times(line()))
        .plus(own.times(group))
        .plus(analysis.modulus(column, group));
  }

  private static Affine exclusive(Affine left, Affine right) {
    if (left.isConstant() && right.isConstant()) {
      return Affine.of(left.constant() ^ right.constant());
    }
    if (right.isConstant() && right.constant() == 0) {
      return left;
    }
    return left.isConstant() && left.constant() == 0
        ? right
        : Affine.of(new Affine.Atom.Exclusive(left, right));
  }
}
