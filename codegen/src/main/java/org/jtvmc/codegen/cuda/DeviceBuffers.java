package org.jtvmc.codegen.cuda;

import org.jtvmc.codegen.CodegenException;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Buffer;

/** Sizes of buffers in device memory. */
final class DeviceBuffers {
  private DeviceBuffers() {}

  /** The bytes of a dense buffer, rounded up to a multiple of {@code alignment}. */
  static long bytes(Buffer buffer, long alignment) {
    long elements = 1;
    for (PrimExpr size : buffer.shape()) {
      if (!(size instanceof IntImm imm)) {
        throw new CodegenException("buffer " + buffer + " has no constant size: " + size);
      }
      elements = Math.multiplyExact(elements, imm.value());
    }
    long bytes = Math.multiplyExact(elements, (long) buffer.dtype().bytes());
    return Math.ceilDiv(bytes, alignment) * alignment;
  }
}
