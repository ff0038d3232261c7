package org.jtvmc.schedule.lower;

import java.util.Collections;
import java.util.List;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;

/**
 * The box of a tensor that a stage computes: from {@code mins}, over variables of loops around the
 * stage, as many elements as {@code extents}. It may reach beyond the tensor, where nothing is
 * computed.
 */
record Region(List<LinearForm> mins, List<PrimExpr> extents) {
  Region {
    mins = List.copyOf(mins);
    extents = List.copyOf(extents);
  }

  /** The whole of a tensor. */
  static Region whole(List<PrimExpr> shape) {
    return new Region(Collections.nCopies(shape.size(), LinearForm.ZERO), shape);
  }

  /** True where all of a dimension is computed, whose size is known only at run time. */
  boolean isWholeOpenAxis(int axis, PrimExpr size) {
    return !(size instanceof IntImm)
        && mins.get(axis).isConstant()
        && mins.get(axis).constant() == 0
        && extents.get(axis).equals(size);
  }
}
