package org.jtvmc.ir.expr;

import java.util.List;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.type.DType;

/** The element of {@code buffer} at {@code indices}; only in loop IR. */
public record Load(Buffer buffer, List<PrimExpr> indices) implements PrimExpr {

  public Load {
    indices = List.copyOf(indices);
    if (indices.size() != buffer.rank()) {
      throw new IllegalArgumentException(
          "buffer %s has %d dimensions and is read with %d indices"
              .formatted(buffer.name(), buffer.rank(), indices.size()));
    }
  }

  @Override
  public DType dtype() {
    return buffer.dtype();
  }

  @Override
  public String toString() {
    return PrimExprPrinter.print(this);
  }
}
