package org.jtvmc.ir.te;

import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.type.DType;

/** How the elements of one {@link Tensor} come to be. */
public sealed interface TensorOp permits PlaceholderOp, ComputeOp {

  /** A hint for printing and for the names of stages; not unique. */
  String name();

  DType dtype();

  List<PrimExpr> shape();
}
