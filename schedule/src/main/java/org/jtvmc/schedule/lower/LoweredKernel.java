package org.jtvmc.schedule.lower;

import java.util.List;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.te.Tensor;

/**
 * What a schedule comes to.
 *
 * @param func inputs in the order of the computation's, then outputs in theirs; a packed constant
 *     takes the place of the input that it is made of, or stands behind it where some stage still
 *     reads that as it is
 * @param sources for each of {@code func}'s inputs the placeholder whose contents it holds
 * @param packed the inputs of {@code func} that are made at compile time, in their order
 */
public record LoweredKernel(PrimFunc func, List<Tensor> sources, List<PackedConstant> packed) {
  public LoweredKernel {
    sources = List.copyOf(sources);
    packed = List.copyOf(packed);
  }
}
