package org.jtvmc.schedule.lower;

import java.util.Arrays;
import java.util.List;
import org.jtvmc.ir.arith.LinearForm;

/**
 * The box of a tensor that a stage computes: from {@code mins}, over variables of loops around the
 * stage, as many elements as {@code extents}. It may reach beyond the tensor, where nothing is
 * computed.
 */
record Region(List<LinearForm> mins, long[] extents) {

  /** The whole of a tensor. */
  static Region whole(long[] extents) {
    LinearForm[] mins = new LinearForm[extents.length];
    Arrays.fill(mins, LinearForm.ZERO);
    return new Region(List.of(mins), extents);
  }
}
