package org.jtvmc.tests.fuzz;

import java.util.List;
import org.jtvmc.ir.type.DType;

/**
 * A value of a random graph.
 *
 * @param bound no element's magnitude is above it; keeps sums and exponentials finite
 * @param exact whether every right program computes the same bits, so that what jumps (a rounding,
 *     a comparison, the place of a maximum) may follow
 */
record GraphValue(String name, List<Long> shape, DType dtype, double bound, boolean exact) {

  GraphValue {
    shape = List.copyOf(shape);
  }

  int rank() {
    return shape.size();
  }

  long size(int axis) {
    return shape.get(axis < 0 ? axis + shape.size() : axis);
  }

  long elements() {
    return shape.stream().reduce(1L, (a, b) -> a * b);
  }

  boolean isFloat() {
    return dtype.isFloat();
  }
}
