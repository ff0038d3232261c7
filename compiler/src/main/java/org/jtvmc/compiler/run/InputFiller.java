package org.jtvmc.compiler.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.ir.data.NDArray;

/**
 * Makes contents for a model's inputs: the same for the same seed, on every machine.
 *
 * @param limits for integer inputs the least integer above those they may hold
 */
public record InputFiller(FillMode mode, long seed, Map<String, Long> limits) {

  private static final long UNKNOWN_LIMIT = 2;

  public InputFiller {
    limits = Map.copyOf(limits);
  }

  /**
   * Contents for each input.
   *
   * @param given by name; used as they are
   */
  public List<NDArray> fill(List<TensorInfo> inputs, Map<String, NDArray> given) {
    List<NDArray> arrays = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(seed);
    for (TensorInfo input : inputs) {
      // Each input has its own sequence, whatever the others are given.
      SplittableRandom own = random.split();
      NDArray array = given.get(input.name());
      arrays.add(array != null ? array : fill(input, own));
    }
    return arrays;
  }

  private NDArray fill(TensorInfo input, SplittableRandom random) {
    if (input.type().dtype().isString()) {
      List<String> texts = new ArrayList<>();
      for (long i = 0; i < input.type().elements(); i++) {
        texts.add(mode == FillMode.RANDOM ? Long.toString(random.nextLong(1000)) : "");
      }
      return NDArray.ofTexts(input.type().sizes(), texts);
    }
    NDArray array = NDArray.allocate(input.type());
    long limit = limits.getOrDefault(input.name(), UNKNOWN_LIMIT);
    for (long i = 0; i < array.elements(); i++) {
      switch (mode) {
        case ZEROS -> {
          return array;
        }
        case ONES -> array.setDouble(i, 1);
        case RANDOM -> {
          if (array.dtype().isFloat()) {
            array.setDouble(i, random.nextInt(1 << 24) * 0x1p-24);
          } else {
            array.setLong(i, random.nextLong(array.dtype().isBool() ? 2 : limit));
          }
        }
      }
    }
    return array;
  }
}
