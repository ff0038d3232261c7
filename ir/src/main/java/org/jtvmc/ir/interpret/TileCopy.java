package org.jtvmc.ir.interpret;

import java.util.List;
import org.jtvmc.ir.type.DType;

/**
 * A box of a tensor that is copied as a whole, with zeros where it goes beyond the tensor.
 *
 * @param target the first element that is written
 * @param source the first element of the box
 * @param extents of the box, for each dimension of the source: the last dimensions of the target
 */
record TileCopy(Frame.Element target, Frame.Element source, List<Long> extents, DType dtype) {

  /** Sees each element that was written. */
  @FunctionalInterface
  interface Written {
    void at(Memory memory, int position);
  }

  long bytes() {
    return extents.stream().reduce((long) dtype.bytes(), (a, b) -> a * b);
  }

  /** Copies the box. */
  void run(long[] variables, Written written) {
    Memory from = source.memory(variables);
    Memory to = target.memory(variables);
    long[] first = source.indices(variables);
    long[] begin = target.indices(variables);
    int outer = begin.length - first.length;
    long count = bytes() / dtype.bytes();
    for (long i = 0; i < count; i++) {
      long[] there = first.clone();
      long[] here = begin.clone();
      long rest = i;
      for (int dim = first.length - 1; dim >= 0; dim--) {
        there[dim] += rest % extents.get(dim);
        here[outer + dim] += rest % extents.get(dim);
        rest /= extents.get(dim);
      }
      boolean inside = from.position(there) >= 0;
      int position;
      if (dtype.isFloat()) {
        double value = inside ? from.real(source.locate(from, there, variables)) : 0;
        position = target.locate(to, here, variables);
        to.setReal(position, value);
      } else {
        long value = inside ? from.integer(source.locate(from, there, variables)) : 0;
        position = target.locate(to, here, variables);
        to.setInteger(position, value);
      }
      written.at(to, position);
    }
  }
}
