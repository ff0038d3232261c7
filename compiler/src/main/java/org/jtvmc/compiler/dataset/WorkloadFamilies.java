package org.jtvmc.compiler.dataset;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * Draws workloads: shapes as networks have them, small enough that a run takes milliseconds. The
 * same random state gives the same workload.
 */
final class WorkloadFamilies {
  private static final double MOST_FLOPS = 4e8;
  private static final double MOST_ELEMENTS = 4e6;
  private static final int DRAWS = 1000;

  /** Multiples of vectors and what networks have beside them. */
  private static final int[] CHANNELS = {
    3, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 120, 128, 144, 160, 192, 240, 256, 320, 384, 512
  };

  private static final int[] IMAGES = {7, 10, 13, 14, 16, 20, 26, 28, 32, 40, 48, 56, 80, 112};
  private static final int[] LENGTHS = {
    1, 4, 8, 12, 16, 32, 49, 64, 77, 96, 128, 197, 256, 384, 512, 768, 1024, 1536, 2048, 3072
  };
  private static final int[] HEADS = {1, 2, 4, 6, 8, 12, 16};
  private static final List<String> EPILOGUES =
      List.of("", "", "nn.relu", "nn.gelu", "sigmoid", "tanh", "nn.hard_swish");
  private static final List<String> ELEMENTWISE =
      List.of("exp", "tanh", "sigmoid", "nn.gelu", "nn.relu", "sqrt", "erf");

  @FunctionalInterface
  private interface Family {
    /** A workload, or null where the shape that was drawn is too large. */
    String draw(SplittableRandom random);
  }

  /**
   * A family of kernels.
   *
   * @param weight how often it is drawn
   */
  private record Kind(String name, Family family, int weight) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind("matmul", WorkloadFamilies::matmul, 3),
          new Kind("batch_matmul", WorkloadFamilies::batchMatmul, 2),
          new Kind("dense", WorkloadFamilies::dense, 4),
          new Kind("conv2d", r -> convolution(r, pick(r, 3, 3, 5), 1), 4),
          new Kind("conv2d_1x1", r -> convolution(r, 1, 1), 4),
          new Kind("conv2d_large", r -> convolution(r, 7, 1), 1),
          new Kind("depthwise", r -> convolution(r, pick(r, 3, 3, 5, 7), 0), 3),
          new Kind("conv2d_transpose", WorkloadFamilies::transposedConvolution, 1),
          new Kind("pool", WorkloadFamilies::pool, 3),
          new Kind("global_pool", WorkloadFamilies::globalPool, 1),
          new Kind("reduce", WorkloadFamilies::reduction, 3),
          new Kind("softmax", r -> rows(r, "nn.softmax(%x, axis=-1)"), 1),
          new Kind("layer_norm", WorkloadFamilies::layerNorm, 1),
          new Kind("elementwise", WorkloadFamilies::elementwise, 1),
          new Kind("transpose", WorkloadFamilies::transpose, 2),
          new Kind("concatenate", WorkloadFamilies::concatenate, 2),
          new Kind("slice", WorkloadFamilies::slice, 1));

  private WorkloadFamilies() {}

  /** A workload of any family. */
  static Workload draw(SplittableRandom random) {
    int total = KINDS.stream().mapToInt(Kind::weight).sum();
    int at = random.nextInt(total);
    Kind chosen = KINDS.getFirst();
    for (Kind kind : KINDS) {
      if (at < kind.weight) {
        chosen = kind;
        break;
      }
      at -= kind.weight;
    }
    for (int draw = 0; draw < DRAWS; draw++) {
      String module = chosen.family.draw(random);
      if (module != null) {
        return new Workload(chosen.name(), module);
      }
    }
    throw new IllegalStateException("no small workload of " + chosen);
  }

  private static int pick(SplittableRandom random, int... options) {
    return options[random.nextInt(options.length)];
  }

  private static <T> T pick(SplittableRandom random, List<T> options) {
    return options.get(random.nextInt(options.size()));
  }

  private static String type(long... shape) {
    return Arrays.stream(shape)
        .mapToObj(Long::toString)
        .collect(Collectors.joining(", ", "Tensor[(", "), float32]"));
  }

  private static String weight(int seed, long... shape) {
    return "const(random(" + seed + "), " + type(shape) + ")";
  }

  private static String function(String parameters, String result, String body) {
    return "def @main(" + parameters + ") -> " + result + " { " + body + " }";
  }

  private static String then(String operator, String operand) {
    return operator.isEmpty() ? operand : operator + "(" + operand + ")";
  }

  /**
   * A product with what networks let follow: a bias, another tensor of the same shape, a function.
   *
   * @param axis of {@code type} that the bias lies along, and {@code channels} its length
   */
  private static String withEpilogue(
      SplittableRandom random, String data, String product, String type, long channels, int axis) {
    String value =
        random.nextInt(4) == 0
            ? product
            : "nn.bias_add(" + product + ", " + weight(2, channels) + ", axis=" + axis + ")";
    boolean residual = random.nextInt(4) == 0;
    return function(
        "%x: " + data + (residual ? ", %r: " + type : ""),
        type,
        then(pick(random, EPILOGUES), residual ? "add(" + value + ", %r)" : value));
  }

  /** An image with the channels before its sides, or behind them as most of a network has them. */
  private static String image(boolean last, long channels, long size) {
    return last ? type(1, size, size, channels) : type(1, channels, size, size);
  }

  private static String layout(boolean last) {
    return last ? ", data_layout=\"NHWC\"" : "";
  }

  private static boolean channelsLast(SplittableRandom random) {
    return random.nextInt(4) != 0;
  }

  private static String matmul(SplittableRandom random) {
    long m = pick(random, LENGTHS);
    long n = pick(random, LENGTHS);
    long k = pick(random, LENGTHS);
    if (2.0 * m * n * k > MOST_FLOPS || k < 8 || m * n < 64) {
      return null;
    }
    return function("%a: " + type(m, k) + ", %b: " + type(k, n), type(m, n), "nn.matmul(%a, %b)");
  }

  private static String batchMatmul(SplittableRandom random) {
    long heads = pick(random, HEADS);
    long m = pick(random, LENGTHS);
    long n = pick(random, LENGTHS);
    long k = pick(random, 32, 64, 80, 128, 197);
    if (2.0 * heads * m * n * k > MOST_FLOPS || m * n < 64) {
      return null;
    }
    return function(
        "%a: " + type(heads, m, k) + ", %b: " + type(heads, k, n),
        type(heads, m, n),
        "nn.matmul(%a, %b)");
  }

  private static String dense(SplittableRandom random) {
    long m = pick(random, LENGTHS);
    long n = pick(random, LENGTHS);
    long k = pick(random, LENGTHS);
    if (2.0 * m * n * k > MOST_FLOPS || k < 16 || n < 8 || n * k > MOST_ELEMENTS) {
      return null;
    }
    String product = "nn.dense(%x, " + weight(1, n, k) + ")";
    return withEpilogue(random, type(m, k), product, type(m, n), n, 1);
  }

  /** One group, or, where {@code groups} is 0, one for each channel. */
  private static String convolution(SplittableRandom random, int window, int groups) {
    long in = pick(random, CHANNELS);
    long out = groups == 0 ? in : pick(random, CHANNELS);
    long size = pick(random, IMAGES) * (window == 7 ? 2L : 1L);
    long stride = random.nextInt(3) == 0 ? 2 : 1;
    long padding = window / 2;
    long outSize = (size + 2 * padding - window) / stride + 1;
    double perOutput = 2.0 * window * window * (groups == 0 ? 1 : in);
    if (perOutput * out * outSize * outSize > MOST_FLOPS
        || Math.max(in * size * size, out * outSize * outSize) > MOST_ELEMENTS
        || outSize < 4) {
      return null;
    }
    boolean last = channelsLast(random);
    String call =
        "nn.conv2d(%%x, %s, strides=[%d, %d], padding=[%d, %d, %d, %d]%s%s)"
            .formatted(
                weight(1, out, groups == 0 ? 1 : in, window, window),
                stride,
                stride,
                padding,
                padding,
                padding,
                padding,
                groups == 0 ? ", groups=" + in : "",
                layout(last));
    return withEpilogue(
        random, image(last, in, size), call, image(last, out, outSize), out, last ? 3 : 1);
  }

  private static String transposedConvolution(SplittableRandom random) {
    long in = pick(random, CHANNELS);
    long out = pick(random, CHANNELS);
    long size = pick(random, IMAGES);
    if (2.0 * in * out * 16 * size * size > MOST_FLOPS) {
      return null;
    }
    return function(
        "%x: " + type(1, in, size, size),
        type(1, out, 2 * size, 2 * size),
        "nn.conv2d_transpose(%x, "
            + weight(1, in, out, 4, 4)
            + ", strides=[2, 2], padding=[1, 1, 1, 1])");
  }

  private static String pool(SplittableRandom random) {
    long channels = pick(random, CHANNELS);
    long size = 2L * pick(random, IMAGES);
    if (channels * size * size > MOST_ELEMENTS) {
      return null;
    }
    String operator = random.nextBoolean() ? "nn.max_pool" : "nn.avg_pool";
    boolean last = channelsLast(random);
    String window =
        random.nextBoolean()
            ? "pool_size=[3, 3], strides=[2, 2], padding=[1, 1, 1, 1]"
            : "pool_size=[2, 2], strides=[2, 2]";
    return function(
        "%x: " + image(last, channels, size),
        image(last, channels, size / 2),
        operator + "(%x, " + window + layout(last) + ")");
  }

  private static String globalPool(SplittableRandom random) {
    long channels = pick(random, CHANNELS);
    long size = pick(random, IMAGES);
    boolean last = channelsLast(random);
    String operator = random.nextInt(3) == 0 ? "nn.global_max_pool" : "nn.global_avg_pool";
    return function(
        "%x: " + image(last, channels, size),
        image(last, channels, 1),
        operator + "(%x" + layout(last) + ")");
  }

  private static String reduction(SplittableRandom random) {
    long rows = pick(random, LENGTHS);
    long columns = pick(random, LENGTHS);
    if (rows * columns < 1024) {
      return null;
    }
    int axis = random.nextInt(2);
    return function(
        "%x: " + type(rows, columns),
        type(axis == 0 ? columns : rows),
        pick(random, List.of("sum", "mean", "max")) + "(%x, axes=[" + axis + "])");
  }

  private static String rows(SplittableRandom random, String body) {
    long heads = pick(random, HEADS);
    long rows = pick(random, LENGTHS);
    long columns = pick(random, LENGTHS);
    if (heads * rows * columns > MOST_ELEMENTS || columns < 8 || rows * columns < 512) {
      return null;
    }
    return function("%x: " + type(heads, rows, columns), type(heads, rows, columns), body);
  }

  private static String layerNorm(SplittableRandom random) {
    long rows = pick(random, LENGTHS);
    long columns = pick(random, LENGTHS);
    if (columns < 16 || rows * columns < 512) {
      return null;
    }
    return function(
        "%x: " + type(rows, columns),
        type(rows, columns),
        "nn.layer_norm(%x, " + weight(1, columns) + ", " + weight(2, columns) + ", axis=-1)");
  }

  private static String elementwise(SplittableRandom random) {
    String operator = pick(random, ELEMENTWISE);
    return random.nextBoolean()
        ? rows(random, operator + "(%x)")
        : rows(random, "multiply(%x, " + operator + "(%x))");
  }

  private static String transpose(SplittableRandom random) {
    long heads = pick(random, HEADS);
    long rows = pick(random, LENGTHS);
    long columns = pick(random, LENGTHS);
    if (heads * rows * columns > MOST_ELEMENTS || rows * columns < 1024) {
      return null;
    }
    return function(
        "%x: " + type(heads, rows, columns),
        type(heads, columns, rows),
        "transpose(%x, axes=[0, 2, 1])");
  }

  /** Images side by side, as where branches of a network meet. */
  private static String concatenate(SplittableRandom random) {
    int axis = channelsLast(random) ? 3 : 1;
    long size = pick(random, IMAGES);
    int parts = 2 + random.nextInt(3);
    List<String> parameters = new ArrayList<>();
    List<String> operands = new ArrayList<>();
    long channels = 0;
    for (int part = 0; part < parts; part++) {
      long own = pick(random, CHANNELS);
      parameters.add("%%x%d: %s".formatted(part, image(axis == 3, own, size)));
      operands.add(then(pick(random, EPILOGUES), "%x" + part));
      channels += own;
    }
    return channels * size * size > MOST_ELEMENTS
        ? null
        : function(
            String.join(", ", parameters),
            image(axis == 3, channels, size),
            "concatenate((%s), axis=%d)".formatted(String.join(", ", operands), axis));
  }

  /** Some columns of all rows, as where heads are taken apart. */
  private static String slice(SplittableRandom random) {
    long heads = pick(random, HEADS);
    long rows = pick(random, LENGTHS);
    long columns = pick(random, LENGTHS);
    int parts = pick(random, 2, 3, 4);
    if (heads * rows * columns > MOST_ELEMENTS || columns % parts != 0 || columns / parts < 4) {
      return null;
    }
    long length = columns / parts;
    long begin = length * random.nextInt(parts);
    return function(
        "%x: " + type(heads, rows, columns),
        type(heads, rows, length),
        "strided_slice(%%x, axes=[2], begin=[%d], end=[%d])".formatted(begin, begin + length));
  }
}
