package org.jtvmc.schedule;

import java.util.List;

/**
 * How the elements of a stage's region lie in memory.
 *
 * @param axes the output axes, that with the smallest stride last
 * @param padding elements left out after each run of the last axis, so that the runs begin in
 *     different banks of shared memory
 * @param swizzled true where a device keeps them in lines of 128 bytes whose parts are permuted:
 *     see {@link org.jtvmc.ir.loop.Buffer}
 */
public record StorageOrder(List<String> axes, long padding, boolean swizzled) {
  public StorageOrder {
    axes = List.copyOf(axes);
  }
}
