package org.jtvmc.tests.operators;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/** Random choices for one trial, all from one seed. */
final class Draw {
  private final Random random;

  Draw(long seed) {
    random = new Random(seed);
  }

  /** A number in {@code [least, most]}. */
  int between(int least, int most) {
    return least + random.nextInt(most - least + 1);
  }

  boolean coin() {
    return random.nextBoolean();
  }

  @SafeVarargs
  final <T> T choose(T... options) {
    return options[random.nextInt(options.length)];
  }

  float real(double least, double most) {
    return (float) (least + random.nextDouble() * (most - least));
  }

  /** Sizes from 1 to {@code most}. */
  long[] shape(int rank, int most) {
    long[] shape = new long[rank];
    Arrays.setAll(shape, _ -> between(1, most));
    return shape;
  }

  long[] longs(int count, int least, int most) {
    long[] values = new long[count];
    Arrays.setAll(values, _ -> between(least, most));
    return values;
  }

  /** A shape that broadcasts with the given one: shorter, or with ones. */
  long[] broadcastable(long[] shape) {
    int rank = between(0, shape.length);
    long[] result = Arrays.copyOfRange(shape, shape.length - rank, shape.length);
    for (int i = 0; i < rank; i++) {
      result[i] = between(0, 2) == 0 ? 1 : result[i];
    }
    return result;
  }

  /** {@code 0 ... rank - 1} in any order. */
  long[] permutation(int rank) {
    List<Long> order = new ArrayList<>();
    for (long i = 0; i < rank; i++) {
      order.add(random.nextInt(order.size() + 1), i);
    }
    return order.stream().mapToLong(Long::longValue).toArray();
  }

  /** Some distinct axes, from the front or from the end. */
  long[] axes(int rank, int least) {
    long[] some = Arrays.copyOf(permutation(rank), between(least, rank));
    for (int i = 0; i < some.length; i++) {
      some[i] -= coin() ? rank : 0;
    }
    return some;
  }

  /** An axis, from the front or from the end. */
  int axis(int rank) {
    return between(-rank, rank - 1);
  }

  /** Values that suit most functions: normal reals, small integers. */
  NDArray array(DType dtype, long... shape) {
    if (dtype.isFloat()) {
      return reals(dtype, -3, 3, shape);
    }
    if (dtype.isBool()) {
      return integers(dtype, 0, 1, shape);
    }
    return integers(dtype, dtype.isSigned() ? -9 : 0, 9, shape);
  }

  NDArray floats(long... shape) {
    return array(DType.F32, shape);
  }

  NDArray reals(DType dtype, double least, double most, long... shape) {
    NDArray array = NDArray.allocate(TensorType.of(dtype, shape));
    for (long i = 0; i < array.elements(); i++) {
      array.setDouble(i, least + random.nextDouble() * (most - least));
    }
    return array;
  }

  NDArray integers(DType dtype, int least, int most, long... shape) {
    NDArray array = NDArray.allocate(TensorType.of(dtype, shape));
    for (long i = 0; i < array.elements(); i++) {
      array.setLong(i, between(least, most));
    }
    return array;
  }

  /** Some elements are replaced by the given value. */
  NDArray sprinkle(NDArray array, double value) {
    for (long i = 0; i < array.elements(); i++) {
      if (between(0, 5) == 0) {
        array.setDouble(i, value);
      }
    }
    return array;
  }
}
