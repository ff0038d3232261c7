package org.jtvmc.compiler.zoo;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jtvmc.compiler.onnx.TensorContent;

/**
 * Random weights, the same on every machine and in every version of Java: a tensor's elements
 * depend on the seed and its name alone, and so not on the order in which tensors are made.
 *
 * <p>The generator is SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
 * Generators, OOPSLA 2014).
 */
final class RandomWeights {

  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;
  private static final int CHUNK_BYTES = 1 << 16;

  private final long seed;

  RandomWeights(long seed) {
    this.seed = seed;
  }

  /** {@code count} float32 elements, uniform between {@code low} and {@code high}. */
  TensorContent uniform(String name, long count, double low, double high) {
    long start = mix(seed + GOLDEN_GAMMA * name.hashCode());
    float offset = (float) low;
    float scale = (float) ((high - low) * 0x1p-24);
    return out -> {
      var chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      long state = start;
      for (long i = 0; i < count; i++) {
        state += GOLDEN_GAMMA;
        chunk.putFloat(offset + scale * (mix(state) >>> 40));
        if (!chunk.hasRemaining()) {
          out.write(chunk.array(), 0, chunk.position());
          chunk.clear();
        }
      }
      out.write(chunk.array(), 0, chunk.position());
    };
  }

  /** Elements with mean 0 and the given variance. */
  TensorContent ofVariance(String name, long count, double variance) {
    double bound = Math.sqrt(3 * variance);
    return uniform(name, count, -bound, bound);
  }

  /** Filters of {@code length} elements each, which sum to zero and have the given variance. */
  TensorContent filters(String name, long count, long length, double variance) {
    long start = mix(seed + GOLDEN_GAMMA * name.hashCode());
    float scale = (float) (Math.sqrt(12 * variance) * 0x1p-24);
    return out -> {
      var filter =
          ByteBuffer.allocate(Math.toIntExact(length * Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
      var draws = new int[Math.toIntExact(length)];
      long state = start;
      for (long i = 0; i < count; i++) {
        long sum = 0;
        for (int j = 0; j < length; j++) {
          state += GOLDEN_GAMMA;
          draws[j] = (int) (mix(state) >>> 40);
          sum += draws[j];
        }
        filter.clear();
        for (int j = 0; j < length; j++) {
          filter.putFloat(scale * (float) (draws[j] - (double) sum / length));
        }
        out.write(filter.array());
      }
    };
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
