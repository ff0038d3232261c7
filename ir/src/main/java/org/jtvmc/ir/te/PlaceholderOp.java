package org.jtvmc.ir.te;

import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.type.DType;

/**
 * A tensor that is given from outside.
 *
 * @param constant true where the contents are known when the model is compiled (weights), so that a
 *     schedule may have them rewritten into another order at no cost at run time
 */
public record PlaceholderOp(String name, List<PrimExpr> shape, DType dtype, boolean constant)
    implements TensorOp {

  public PlaceholderOp {
    shape = List.copyOf(shape);
  }
}
