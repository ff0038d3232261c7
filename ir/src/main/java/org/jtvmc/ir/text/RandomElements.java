package org.jtvmc.ir.text;

import java.util.SplittableRandom;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * Contents for weights whose values do not matter: {@code const(random(1), Tensor[(8, 3),
 * float32])}. The same for the same seed and type, on every machine.
 */
final class RandomElements {

  /** Beyond this a text would be an attempt to fill the memory. */
  private static final double MOST_ELEMENTS = 1 << 28;

  private RandomElements() {}

  /**
   * Floats are uniform in [-1, 1), in steps that all types but the smallest hold exactly; integers
   * of 8 bits take every value, and longer ones those of int8.
   *
   * @throws TypeException where {@code type} is no tensor of known size, or has no such elements
   */
  static NDArray of(Type type, long seed) {
    if (!(type instanceof TensorType tensor) || !tensor.isStatic()) {
      throw new TypeException("random elements need a tensor of known size, not " + type);
    }
    double elements =
        tensor.sizes().stream().mapToDouble(Long::doubleValue).reduce(1, (a, b) -> a * b);
    if (elements > MOST_ELEMENTS) {
      throw new TypeException("%s is too large to be filled by a seed".formatted(tensor));
    }
    NDArray array = NDArray.allocate(tensor);
    SplittableRandom random = new SplittableRandom(seed);
    for (long i = 0; i < array.elements(); i++) {
      fill(array, i, random.nextLong());
    }
    return array;
  }

  private static void fill(NDArray array, long index, long bits) {
    DType dtype = array.dtype();
    int unused = Long.SIZE - Math.min(dtype.bits(), Byte.SIZE);
    switch (dtype.kind()) {
      case BOOL -> array.setLong(index, bits & 1);
      case INT -> array.setLong(index, bits << unused >> unused);
      case UINT -> array.setLong(index, bits << unused >>> unused);
      case FLOAT,
          BFLOAT,
          TFLOAT,
          FLOAT8_E4M3FN,
          FLOAT8_E4M3FNUZ,
          FLOAT8_E5M2,
          FLOAT8_E5M2FNUZ,
          FLOAT4_E2M1FN ->
          array.setDouble(index, (bits >> 40) * 0x1p-23);
      case STRING -> throw new IllegalArgumentException("there are no random texts");
      // Powers of two, without a sign.
      case FLOAT8_E8M0FNU -> array.setDouble(index, Math.abs(bits >> 40) * 0x1p-23);
    }
  }
}
