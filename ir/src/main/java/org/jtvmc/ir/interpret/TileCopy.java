package org.jtvmc.ir.interpret;

import org.jtvmc.ir.type.DType;

/** Elements of a tensor that are copied together, with zeros for those outside of it. */
sealed interface TileCopy permits BoxCopy, PixelCopy {

  /** Sees each element that was written. */
  @FunctionalInterface
  interface Written {
    void at(Memory memory, int position);
  }

  long bytes();

  /**
   * Copies them.
   *
   * @throws LoopFault where the target is outside of its buffer, or the source was never written
   */
  void run(long[] variables, Written written);

  /** One element, in the memory of the target and of the source. */
  record Move(Frame.Element target, Frame.Element source, DType dtype) {

    /**
     * Copies it.
     *
     * @param inside false where it is zero whatever lies there
     */
    void run(long[] here, long[] there, boolean inside, long[] variables, Written written) {
      Memory from = source.memory(variables);
      Memory to = target.memory(variables);
      boolean given = inside && from.position(there) >= 0;
      int position;
      if (dtype.isFloat()) {
        double value = given ? from.real(source.locate(from, there, variables)) : 0;
        position = target.locate(to, here, variables);
        to.setReal(position, value);
      } else {
        long value = given ? from.integer(source.locate(from, there, variables)) : 0;
        position = target.locate(to, here, variables);
        to.setInteger(position, value);
      }
      written.at(to, position);
    }
  }
}
