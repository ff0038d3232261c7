package org.jtvmc.schedule.lower;

import java.util.Collections;
import java.util.List;
import org.jtvmc.ir.arith.LinearForm;

/**
 * The box of a tensor that a stage computes: from {@code mins}, over variables of loops around the
 * stage, as many elements as {@code extents}. It may reach beyond the tensor, where nothing is
 * computed.
 */
record Region(List<LinearForm> mins, List<Long> extents) {
  Region {
    mins = List.copyOf(mins);
    extents = List.copyOf(extents);
  }

  /** The whole of a tensor. */
  static Region whole(List<Long> shape) {
    return new Region(Collections.nCopies(shape.size(), LinearForm.ZERO), shape);
  }
}
