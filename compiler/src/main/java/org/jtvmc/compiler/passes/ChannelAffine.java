package org.jtvmc.compiler.passes;

import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.jtvmc.compiler.passes.rules.Operands;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** A call as {@code data * scale + shift}, with one constant of each for every channel. */
final class ChannelAffine {
  private final Expr data;
  private final int axis;
  private final double[] scale;
  private final double[] shift;

  private ChannelAffine(Expr data, int axis, double[] scale, double[] shift) {
    this.data = data;
    this.axis = axis;
    this.scale = scale;
    this.shift = shift;
  }

  Expr data() {
    return data;
  }

  /** The channels. */
  int axis() {
    return axis;
  }

  double[] scale() {
    return scale;
  }

  double[] shift() {
    return shift;
  }

  /** What becomes of the constant {@code values} of each channel. */
  double[] apply(double[] values) {
    return of(values.length, i -> values[i] * scale[i] + shift[i]);
  }

  /** A batch norm with constant parameters. */
  static Optional<ChannelAffine> ofNorm(Call call) {
    if (!call.isCallOf("nn.batch_norm")
        || !call.arguments().stream().skip(1).allMatch(Constant.class::isInstance)) {
      return Optional.empty();
    }
    double[] gamma = values(call.arguments().get(1));
    double[] beta = values(call.arguments().get(2));
    double[] mean = values(call.arguments().get(3));
    double[] variance = values(call.arguments().get(4));
    double epsilon = Operands.attributes(call).real("epsilon");
    int channels = gamma.length;
    double[] scale = of(channels, i -> gamma[i] / Math.sqrt(variance[i] + epsilon));
    double[] shift = of(channels, i -> beta[i] - mean[i] * scale[i]);
    return Optional.of(new ChannelAffine(call.arguments().getFirst(), axis(call), scale, shift));
  }

  /**
   * A product or a sum with a constant that is one number or varies along {@code axis} only.
   *
   * @param operand which operand is the data
   */
  static Optional<ChannelAffine> ofArithmetic(Call call, int operand, int axis) {
    boolean product = call.isCallOf("multiply");
    if (!(product || call.isCallOf("add"))
        || !(call.arguments().get(1 - operand) instanceof Constant constant)
        || !call.arguments().get(operand).type().equals(call.type())
        || !Operands.tensor(call).dtype().isFloat()
        || !Operands.tensor(call).dim(axis).isKnown()) {
      return Optional.empty();
    }
    int channels = Math.toIntExact(Operands.tensor(call).dim(axis).value());
    boolean single = constant.value().elements() == 1;
    if (!single && !isAlong(constant.type(), axis, Operands.tensor(call))) {
      return Optional.empty();
    }
    double[] given = values(constant);
    double[] values = of(channels, i -> given[single ? 0 : i]);
    return Optional.of(
        new ChannelAffine(
            call.arguments().get(operand),
            axis,
            product ? values : of(channels, _ -> 1),
            product ? of(channels, _ -> 0) : values));
  }

  private static boolean isAlong(TensorType constant, int axis, TensorType whole) {
    int position = axis - (whole.rank() - constant.rank());
    return position >= 0
        && constant.dim(position).equals(whole.dim(axis))
        && whole.dim(axis).equals(Dim.of(constant.elements()));
  }

  /** The attribute {@code axis} of a call, counted from the front. */
  static int axis(Call call) {
    AttributeValue axis = Operands.attributes(call).values().get("axis");
    return Operands.axis(((AttributeValue.Int) axis).value(), Operands.tensor(call).rank());
  }

  /** The elements of a constant. */
  static double[] values(Expr constant) {
    NDArray array = ((Constant) constant).value();
    return of(Math.toIntExact(array.elements()), array::getDouble);
  }

  private static double[] of(int count, IntToDoubleFunction value) {
    return IntStream.range(0, count).mapToDouble(value).toArray();
  }
}
