package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Buffer;

/** Where a tensor's elements lie: element {@code i} at {@code buffer[i - mins]}. */
record Storage(Buffer buffer, List<LinearForm> mins) {

  /** The buffer's indices for an element of the tensor. */
  List<PrimExpr> indices(List<LinearForm> element) {
    List<PrimExpr> indices = new ArrayList<>(element.size());
    for (int axis = 0; axis < element.size(); axis++) {
      indices.add(element.get(axis).minus(mins.get(axis)).toExpr());
    }
    return indices;
  }

  PrimExpr load(List<LinearForm> element) {
    return new Load(buffer, indices(element));
  }
}
