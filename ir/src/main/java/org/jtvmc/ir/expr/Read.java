package org.jtvmc.ir.expr;

import java.util.List;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;

/** The element of {@code tensor} at {@code indices}; only in the bodies of tensor expressions. */
public record Read(Tensor tensor, List<PrimExpr> indices) implements PrimExpr {

  public Read {
    indices = List.copyOf(indices);
    if (indices.size() != tensor.rank()) {
      throw new IllegalArgumentException(
          "tensor %s has %d dimensions and is read with %d indices"
              .formatted(tensor.name(), tensor.rank(), indices.size()));
    }
  }

  @Override
  public DType dtype() {
    return tensor.dtype();
  }

  @Override
  public String toString() {
    return PrimExprPrinter.print(this);
  }
}
