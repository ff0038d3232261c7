package org.jtvmc.tests.operators;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.type.DType;

/** Convolutions and pooling over one to three dimensions. */
final class WindowCases {

  private WindowCases() {}

  static List<OperatorCase> all() {
    return List.of(
        OperatorCase.of("Conv", WindowCases::convolution),
        OperatorCase.of("Conv 1x1", WindowCases::pointwise),
        OperatorCase.of("Conv depthwise", WindowCases::depthwise),
        OperatorCase.of("Conv of large windows", WindowCases::largeWindows),
        OperatorCase.of("ConvTranspose", WindowCases::transposed),
        OperatorCase.of("MaxPool", d -> pool(d, "MaxPool", true)),
        OperatorCase.of(
            "AveragePool",
            d ->
                // Before version 19, ONNX did not say what a window partly outside is divided by.
                pool(d, "AveragePool", false).opset(19).flag("count_include_pad", d.coin())),
        OperatorCase.of(
            "LpPool",
            d -> {
              Window w = Window.draw(d, false);
              return new OneNodeModel("LpPool")
                  .input(d.floats(w.input(2, 3)))
                  .integers("kernel_shape", w.kernel)
                  .integers("strides", w.strides)
                  .integers("pads", w.pads)
                  .integer("p", d.between(1, 3));
            }),
        OperatorCase.of(
            "GlobalAveragePool",
            d ->
                new OneNodeModel("GlobalAveragePool").input(d.floats(d.shape(d.between(3, 5), 5)))),
        OperatorCase.of(
            "GlobalMaxPool",
            d -> new OneNodeModel("GlobalMaxPool").input(d.floats(d.shape(d.between(3, 5), 5)))));
  }

  /** A window that fits into an input. */
  private static final class Window {
    private final List<Long> sizes;
    private final long[] kernel;
    private final long[] strides;
    private final long[] pads;
    private final long[] dilations;

    private Window(List<Long> sizes, long[] kernel, long[] strides, long[] pads, long[] dilations) {
      this.sizes = sizes;
      this.kernel = kernel;
      this.strides = strides;
      this.pads = pads;
      this.dilations = dilations;
    }

    static Window draw(Draw d, boolean dilated) {
      int rank = d.between(1, 3);
      long[] kernel = d.shape(rank, 3);
      long[] dilations =
          dilated ? d.shape(rank, 3) : LongStream.generate(() -> 1).limit(rank).toArray();
      long[] pads = new long[2 * rank];
      Long[] sizes = new Long[rank];
      for (int i = 0; i < rank; i++) {
        // A window must not lie in the padding alone.
        pads[i] = d.between(0, (int) kernel[i] - 1);
        pads[i + rank] = d.between(0, (int) kernel[i] - 1);
        sizes[i] = (kernel[i] - 1) * dilations[i] + d.between(1, 5);
      }
      return new Window(Arrays.asList(sizes), kernel, d.shape(rank, 3), pads, dilations);
    }

    long[] input(long n, long c) {
      return LongStream.concat(LongStream.of(n, c), sizes.stream().mapToLong(Long::longValue))
          .toArray();
    }

    long[] weight(long first, long second) {
      return LongStream.concat(LongStream.of(first, second), Arrays.stream(kernel)).toArray();
    }
  }

  private static OneNodeModel convolution(Draw d) {
    Window w = Window.draw(d, true);
    int groups = d.between(1, 3);
    int inputs = d.between(1, 3);
    int outputs = groups * d.between(1, 3);
    OneNodeModel model =
        new OneNodeModel("Conv")
            .input(d.floats(w.input(d.between(1, 2), (long) groups * inputs)))
            .weight(d.floats(w.weight(outputs, inputs)));
    if (d.coin()) {
      model.weight(d.floats(outputs));
    }
    if (d.coin()) {
      model.integers("pads", w.pads).integers("dilations", w.dilations);
    } else {
      model.text("auto_pad", d.choose("VALID", "SAME_UPPER", "SAME_LOWER"));
    }
    return model.integer("group", groups).integers("strides", w.strides);
  }

  private static OneNodeModel pointwise(Draw d) {
    long[] data = d.shape(4, 5);
    return new OneNodeModel("Conv")
        .input(d.floats(data))
        .weight(d.floats(d.between(1, 6), data[1], 1, 1))
        .integers("strides", d.shape(2, 2));
  }

  /** Of many channels, and mostly by single pixels: Fourier transforms compete. */
  private static OneNodeModel largeWindows(Draw d) {
    long[] kernel = {d.between(5, 9), d.between(5, 9)};
    long groups = d.choose(1L, 1L, 1L, 2L);
    long[] pads = {d.between(0, 4), d.between(0, 4), d.between(0, 4), d.between(0, 4)};
    long[] data = {
      d.between(1, 2), groups * d.between(8, 10), d.between(11, 24), d.between(11, 24)
    };
    long stride = d.choose(1L, 1L, 1L, 2L);
    return new OneNodeModel("Conv")
        .input(d.floats(data))
        .weight(
            d.reals(
                DType.F32,
                -0.2,
                0.2,
                groups * d.between(8, 20),
                data[1] / groups,
                kernel[0],
                kernel[1]))
        .integers("pads", pads)
        .integer("group", groups)
        .integers("strides", stride, stride);
  }

  private static OneNodeModel depthwise(Draw d) {
    Window w = Window.draw(d, true);
    long channels = d.between(1, 4);
    return new OneNodeModel("Conv")
        .input(d.floats(w.input(1, channels)))
        .weight(d.floats(w.weight(channels * d.between(1, 2), 1)))
        .integer("group", channels)
        .integers("pads", w.pads)
        .integers("strides", w.strides)
        .integers("dilations", w.dilations);
  }

  private static OneNodeModel transposed(Draw d) {
    Window w = Window.draw(d, d.coin());
    int groups = d.between(1, 2);
    int inputs = groups * d.between(1, 3);
    int outputs = d.between(1, 3);
    long[] more = new long[w.kernel.length];
    for (int i = 0; i < more.length; i++) {
      more[i] = d.between(0, (int) w.strides[i] - 1);
    }
    OneNodeModel model =
        new OneNodeModel("ConvTranspose")
            .input(d.floats(w.input(d.between(1, 2), inputs)))
            .weight(d.floats(w.weight(inputs, outputs)))
            .integer("group", groups)
            .integers("pads", w.pads)
            .integers("strides", w.strides)
            .integers("dilations", w.dilations)
            .integers("output_padding", more);
    return d.coin() ? model.weight(d.floats((long) outputs * groups)) : model;
  }

  private static OneNodeModel pool(Draw d, String name, boolean dilated) {
    Window w = Window.draw(d, dilated);
    OneNodeModel model =
        new OneNodeModel(name)
            .input(d.floats(w.input(d.between(1, 2), d.between(1, 3))))
            .integers("kernel_shape", w.kernel)
            .integers("strides", w.strides)
            .integers("pads", w.pads)
            .flag("ceil_mode", d.coin());
    return dilated ? model.integers("dilations", w.dilations) : model;
  }
}
