package org.jtvmc.compiler.passes.fusion;

import org.jtvmc.compiler.passes.rules.Operands;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/**
 * Which convolutions are worth computing together with the one before them: those that move more
 * than they compute. Bottlenecks widen an image, look at each channel on its own, and narrow it;
 * the wide images are all that is large.
 */
final class WindowChains {
  /** Images that are smaller stay in the second cache from one kernel to the next. */
  private static final long LEAST_BYTES = 256 << 10;

  /** Multiply-adds for an element of the image between, by those that make and take it, at most. */
  private static final long MOST_WORK = 64;

  private WindowChains() {}

  /** A convolution by weights of images with their channels last, or whose result has them last. */
  static boolean isConvolution(Call call) {
    return call.isCallOf("nn.conv2d")
        && call.arguments().get(1) instanceof Constant
        && call.type() instanceof TensorType type
        && type.isStatic()
        && type.dtype().equals(DType.F32);
  }

  /**
   * True where {@code consumer} reads the image {@code between} once: pixel by pixel, or each
   * channel on its own; and where both convolutions do little for its size.
   */
  static boolean isWorth(Call producer, Call between, Call consumer) {
    TensorType image = Operands.tensor(between);
    TensorType weight = Operands.tensor(consumer.arguments().get(1));
    var attributes = Operands.attributes(consumer);
    if (!attributes.text("data_layout").equals("NHWC") || image.bytes() < LEAST_BYTES) {
      return false;
    }
    long channels = image.sizes().get(3);
    boolean byChannel = attributes.integer("groups") == channels;
    boolean byPixel = weight.sizes().get(2) == 1 && weight.sizes().get(3) == 1;
    long work = (work(producer) + work(consumer)) / image.elements();
    return (byChannel || byPixel) && work <= MOST_WORK;
  }

  private static long work(Call convolution) {
    TensorType weight = Operands.tensor(convolution.arguments().get(1));
    return Operands.tensor(convolution).elements()
        * (weight.elements() / weight.sizes().getFirst());
  }
}
