package org.jtvmc.compiler.zoo;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import org.jtvmc.compiler.onnx.OnnxBuilder;

/**
 * The layers that convolutional networks are made of, with random weights under which a signal
 * keeps its size through any depth: each feature map carries an estimate of its mean and variance,
 * and every BatchNormalization gets the running statistics that its input has by that estimate. The
 * weights of a filter sum to zero, since otherwise the mean that ReLU leaves would grow until it
 * drowned the image.
 *
 * <p>Weights follow He et al., Delving Deep into Rectifiers (ICCV 2015).
 */
final class ConvNet {

  /** How many images there are is left to the user. */
  private static final String BATCH = "batch_size";

  private static final float BATCH_NORM_EPSILON = 1e-5f;

  private final OnnxBuilder model;
  private final RandomWeights random;

  /**
   * A value of rank 4.
   *
   * @param mean the estimated mean of its elements
   * @param variance their estimated variance
   */
  record Feature(String value, long channels, long size, double mean, double variance) {}

  /** A square convolution without bias, padded so that stride alone shrinks the image. */
  record Convolution(long outChannels, long kernel, long stride, long groups) {
    Convolution(long outChannels, long kernel, long stride) {
      this(outChannels, kernel, stride, 1);
    }
  }

  ConvNet(OnnxBuilder model, RandomWeights random) {
    this.model = model;
    this.random = random;
  }

  /** The network's input: an image, normalised to mean 0 and variance 1. */
  Feature image(String name, long channels, long size) {
    var pixels = Long.toString(size);
    var value = model.input(name, DataType.FLOAT, BATCH, Long.toString(channels), pixels, pixels);
    return new Feature(value, channels, size, 0, 1);
  }

  /** A convolution and the BatchNormalization after it. */
  Feature normalizedConv(String convName, String normName, Feature x, Convolution conv) {
    return normalizedConv(convName, normName, x, conv, 1);
  }

  /**
   * The same with a normalisation that gives the output the deviation {@code gain}. Residual
   * branches end in a small one, as trained networks' do; otherwise each block would amplify the
   * rounding errors of those before it, and a deep network would tell more of them than of the
   * image.
   */
  Feature normalizedConv(
      String convName, String normName, Feature x, Convolution conv, double gain) {
    long fanIn = x.channels() / conv.groups() * conv.kernel() * conv.kernel();
    var weightName = convName + ".weight";
    var weight =
        model.initializer(
            weightName,
            DataType.FLOAT,
            new long[] {
              conv.outChannels(), x.channels() / conv.groups(), conv.kernel(), conv.kernel()
            },
            random.filters(weightName, conv.outChannels(), fanIn, 2.0 / fanIn));
    long pad = conv.kernel() / 2;
    var convolved =
        model
            .node("Conv", x.value(), weight)
            .named("/" + convName + "/Conv")
            .ints("dilations", 1, 1)
            .integer("group", conv.groups())
            .ints("kernel_shape", conv.kernel(), conv.kernel())
            .ints("pads", pad, pad, pad, pad)
            .ints("strides", conv.stride(), conv.stride())
            .output();
    double variance = 2 * x.variance();
    double deviation = Math.sqrt(variance);
    var normalized =
        model
            .node(
                "BatchNormalization",
                convolved,
                perChannel(normName + ".weight", conv.outChannels(), 0.8 * gain, 1.2 * gain),
                perChannel(normName + ".bias", conv.outChannels(), -0.2 * gain, 0.2 * gain),
                perChannel(
                    normName + ".running_mean",
                    conv.outChannels(),
                    -0.1 * deviation,
                    0.1 * deviation),
                perChannel(
                    normName + ".running_var", conv.outChannels(), 0.8 * variance, 1.25 * variance))
            .named("/" + normName + "/BatchNormalization")
            .real("epsilon", BATCH_NORM_EPSILON)
            .real("momentum", 0.9f)
            .output();
    long size = (x.size() + 2 * pad - conv.kernel()) / conv.stride() + 1;
    return new Feature(normalized, conv.outChannels(), size, 0, gain * gain);
  }

  private String perChannel(String name, long channels, double low, double high) {
    return model.initializer(
        name, DataType.FLOAT, new long[] {channels}, random.uniform(name, channels, low, high));
  }

  Feature relu(String name, Feature x) {
    var value = model.node("Relu", x.value()).named("/" + name + "/Relu").output();
    return rectified(value, x);
  }

  /** Clips to the range from 0 to 6. */
  Feature relu6(String name, Feature x) {
    var value =
        model
            .node("Clip", x.value(), model.constant(0f), model.constant(6f))
            .named("/" + name + "/Clip")
            .output();
    return rectified(value, x);
  }

  /** The moments of a normal variable whose negative part is cut off. */
  private static Feature rectified(String value, Feature x) {
    double deviation = Math.sqrt(x.variance());
    double z = x.mean() / deviation;
    // The logistic curve is within 0.01 of the normal distribution, and StrictMath is the same
    // everywhere.
    double positive = 1 / (1 + StrictMath.exp(-1.702 * z));
    double density = StrictMath.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    double mean = x.mean() * positive + deviation * density;
    double square =
        (x.mean() * x.mean() + x.variance()) * positive + x.mean() * deviation * density;
    return new Feature(value, x.channels(), x.size(), mean, square - mean * mean);
  }

  Feature add(String name, Feature a, Feature b) {
    var value = model.node("Add", a.value(), b.value()).named("/" + name + "/Add").output();
    return new Feature(
        value, a.channels(), a.size(), a.mean() + b.mean(), a.variance() + b.variance());
  }

  /** The maximum over 3x3 windows, halving the image. */
  Feature maxPool(String name, Feature x) {
    var value =
        model
            .node("MaxPool", x.value())
            .named("/" + name + "/MaxPool")
            .integer("ceil_mode", 0)
            .ints("kernel_shape", 3, 3)
            .ints("pads", 1, 1, 1, 1)
            .ints("strides", 2, 2)
            .output();
    // The maximum of nine normal variables lies 1.5 deviations above their mean and has 0.36 of
    // their variance.
    double mean = x.mean() + 1.5 * Math.sqrt(x.variance());
    return new Feature(value, x.channels(), (x.size() - 1) / 2 + 1, mean, 0.36 * x.variance());
  }

  /** Average over the image, then one fully connected layer, which becomes the network's output. */
  void classify(String name, Feature x, String outputName, long classes) {
    var pooled =
        model.node("GlobalAveragePool", x.value()).named("/avgpool/GlobalAveragePool").output();
    var flat = model.node("Flatten", pooled).named("/Flatten").integer("axis", 1).output();
    var weight =
        model.initializer(
            name + ".weight",
            DataType.FLOAT,
            new long[] {classes, x.channels()},
            random.filters(name + ".weight", classes, x.channels(), 1.0 / x.channels()));
    var bias =
        model.initializer(
            name + ".bias",
            DataType.FLOAT,
            new long[] {classes},
            random.uniform(name + ".bias", classes, -0.1, 0.1));
    model
        .node("Gemm", flat, weight, bias)
        .named("/" + name + "/Gemm")
        .real("alpha", 1)
        .real("beta", 1)
        .integer("transB", 1)
        .output(outputName);
    model.output(outputName, DataType.FLOAT, BATCH, Long.toString(classes));
  }
}
