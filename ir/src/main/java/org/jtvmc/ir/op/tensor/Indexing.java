package org.jtvmc.ir.op.tensor;

import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TypeException;

/** Positions that are themselves elements of a tensor. */
final class Indexing {

  private Indexing() {}

  /**
   * @throws TypeException where the element type cannot be a position
   */
  static void requireIndices(TensorType indices) {
    if (!indices.dtype().isInteger()) {
      throw new TypeException("the indices must be integers and are " + indices.dtype());
    }
  }

  /** The position as {@code int64}; a negative one counts from the end. */
  static PrimExpr fromFront(PrimExpr index, PrimExpr size) {
    PrimExpr wide = index.cast(DType.I64);
    return index.dtype().isSigned() ? Select.of(wide.lessThan(0), wide.plus(size), wide) : wide;
  }

  /**
   * As {@link #fromFront}, held inside the tensor, so that no input can make a kernel read outside.
   */
  static PrimExpr inside(PrimExpr index, PrimExpr size) {
    return fromFront(index, size).max(IntImm.of(0)).min(size.minus(1));
  }
}
