package org.jtvmc.ir.interpret;

import java.util.List;
import org.jtvmc.ir.type.DType;

/**
 * A box of a tensor that is copied as a whole.
 *
 * @param target the first element that is written
 * @param source the first element of the box
 * @param extents of the box, for each dimension of the source: the last dimensions of the target
 */
record BoxCopy(Frame.Element target, Frame.Element source, List<Long> extents, DType dtype)
    implements TileCopy {

  @Override
  public long bytes() {
    return extents.stream().reduce((long) dtype.bytes(), (a, b) -> a * b);
  }

  @Override
  public void run(long[] variables, Written written) {
    Move move = new Move(target, source, dtype);
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
      move.run(here, there, true, variables, written);
    }
  }
}
