package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * The gradient of a convolution with respect to its data: data {@code [n, ci, spatial...]}, weight
 * {@code [ci, co / groups, kernel...]}, result {@code [n, co, (size - 1) * stride + reach - padding
 * + output_padding]}. ONNX's ConvTranspose without its bias and {@code output_shape}.
 */
public final class TransposedConvolution extends TensorOperator {
  private final int spatialRank;

  private TransposedConvolution(int spatialRank) {
    super(
        "nn.conv" + spatialRank + "d_transpose",
        FusionKind.OUT_ELEMENTWISE_FUSABLE,
        List.of("data", "weight"),
        List.of(
            optionalList("strides", "the distance of neighbours in the result; 1"),
            optionalList("padding", "what is cut off, before, then behind; 0"),
            optionalList("output_padding", "what is added behind; 0"),
            optionalList("dilation", "the distance of neighbours in the window; 1"),
            optional("groups", 1, "how many parts the channels fall into"),
            optional(Accumulation.OUT_DTYPE, "", "the result's element type; the data's")));
    this.spatialRank = spatialRank;
  }

  /** One for each number of spatial dimensions. */
  public static List<Operator> all() {
    return List.of(
        new TransposedConvolution(1), new TransposedConvolution(2), new TransposedConvolution(3));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.get(0);
    TensorType weight = arguments.get(1);
    Shapes.commonDType(arguments);
    if (data.rank() != spatialRank + 2 || weight.rank() != spatialRank + 2) {
      throw new TypeException("data and weight must have %d dimensions".formatted(spatialRank + 2));
    }
    long groups = attributes.integer("groups");
    if (groups < 1 || Shapes.conflict(data.dim(1), weight.dim(0))) {
      throw new TypeException(
          "the data has %s channels, but the weight takes %s"
              .formatted(data.dim(1), weight.dim(0)));
    }
    if (weight.dim(0).isKnown() && weight.dim(0).value() % groups != 0) {
      throw new TypeException(
          "%s channels do not divide into %d groups".formatted(weight.dim(0), groups));
    }
    Window window = Window.of(weight.shape().stream().skip(2).map(Dim::value).toList(), attributes);
    List<Long> more = outputPadding(attributes);
    List<Dim> shape = new ArrayList<>(List.of(data.dim(0), weight.dim(1).times(groups)));
    for (int i = 0; i < spatialRank; i++) {
      long constant =
          window.reach(i)
              - window.strides().get(i)
              - window.padBegin().get(i)
              - window.padEnd().get(i)
              + more.get(i);
      shape.add(data.dim(i + 2).times(window.strides().get(i)).plus(constant));
    }
    return new TensorType(shape, Accumulation.resultType(attributes, data.dtype()));
  }

  private List<Long> outputPadding(Attributes attributes) {
    return Shapes.each("output_padding", attributes.integers("output_padding"), spatialRank, 0);
  }

  /**
   * How many results there are behind the place of the last element of the data, {@code (size - 1)
   * * stride - padding}.
   */
  private long behindLast(Window window, Attributes attributes, int i) {
    return window.reach(i) - 1 - window.padEnd().get(i) + outputPadding(attributes).get(i);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.get(0);
    Tensor weight = inputs.get(1);
    List<Axis> kernelAxes = Axes.of(weight.shape().subList(2, weight.rank()));
    Window window = Window.of(kernelAxes.stream().map(Axis::size).toList(), attributes);
    boolean byPhase =
        window.dilation().stream().allMatch(d -> d == 1)
            && window.padBegin().stream().allMatch(p -> p >= 0);
    TensorType type = (TensorType) result;
    Tensor sum =
        byPhase
            ? byPhase(data, weight, window, attributes, type)
            : throughZeros(data, weight, window, attributes, type);
    return List.of(Accumulation.castTo(type.dtype(), sum));
  }

  /**
   * The results whose positions (before cutting) are equal modulo the stride, one phase {@code r},
   * see the same part of the kernel: each phase is a plain convolution of the data, and the result
   * interleaves them. No multiplication with an inserted zero.
   */
  private Tensor byPhase(
      Tensor data, Tensor weight, Window window, Attributes attributes, TensorType result) {
    List<Long> taps = new ArrayList<>();
    List<Long> before = new ArrayList<>(List.of(0L, 0L));
    List<Long> behind = new ArrayList<>(List.of(0L, 0L));
    List<Long> kernelEnd = new ArrayList<>(List.of(0L, 0L));
    List<PrimExpr> phases = new ArrayList<>();
    List<PrimExpr> steps = new ArrayList<>();
    for (int i = 0; i < spatialRank; i++) {
      long stride = window.strides().get(i);
      long kernel = window.kernel().get(i);
      long tap = Math.ceilDiv(kernel, stride);
      long more = Math.floorDiv(behindLast(window, attributes, i), stride);
      taps.add(tap);
      kernelEnd.add(tap * stride - kernel);
      before.add(tap - 1);
      behind.add(Math.max(0, more));
      phases.add(IntImm.of(stride));
      steps.add(data.dim(i + 2).plus(more));
    }
    List<Long> none = Collections.nCopies(spatialRank + 2, 0L);
    PrimExpr zero = IntImm.of(data.dtype(), 0);
    List<String> spatial = Axes.spatialNames("", spatialRank);
    Tensor padded =
        Padding.constant(data, before, behind, zero, Convolution.names("n", "ci", spatial));
    Tensor kernel =
        Padding.constant(
            weight,
            none,
            kernelEnd,
            zero,
            Convolution.names("ci", "c", Axes.spatialNames("k", spatialRank)));

    List<String> names = new ArrayList<>(List.of("n", "c"));
    names.addAll(Axes.spatialNames("r", spatialRank));
    names.addAll(Axes.spatialNames("q", spatialRank));
    List<PrimExpr> extents = new ArrayList<>(Axes.extents(result).subList(0, 2));
    extents.addAll(phases);
    extents.addAll(steps);
    List<Axis> axes = Axes.named(names, extents);
    Channels channels = Channels.of(axes.get(1), weight, attributes.integer("groups"));
    List<Axis> reduceAxes = new ArrayList<>(List.of(channels.reduced));
    List<PrimExpr> dataIndices = new ArrayList<>(List.of(axes.get(0).var(), channels.input));
    List<PrimExpr> weightIndices = new ArrayList<>(List.of(channels.input, channels.output));
    for (int i = 0; i < spatialRank; i++) {
      String name = Axes.spatialNames("t", spatialRank).get(i);
      PrimExpr tap = Convolution.reduced(name, IntImm.of(taps.get(i)), reduceAxes);
      PrimExpr phase = axes.get(2 + i).var();
      PrimExpr step = axes.get(2 + spatialRank + i).var();
      dataIndices.add(step.plus(tap));
      weightIndices.add(
          IntImm.of(taps.get(i) - 1).minus(tap).times(window.strides().get(i)).plus(phase));
    }
    Tensor sums =
        Tensor.reduce(
            "conv" + spatialRank + "d_transpose_phases",
            Reducer.SUM,
            axes,
            reduceAxes,
            Accumulation.product(
                padded.at(dataIndices), kernel.at(weightIndices), Accumulation.of(result.dtype())));

    List<Axis> outer = Axes.named(Convolution.names("n", "c", spatial), Axes.extents(result));
    List<PrimExpr> indices = new ArrayList<>(Axes.vars(outer.subList(0, 2)));
    List<PrimExpr> quotients = new ArrayList<>();
    for (int i = 0; i < spatialRank; i++) {
      PrimExpr position = outer.get(i + 2).var().plus(window.padBegin().get(i));
      indices.add(position.floorMod(window.strides().get(i)));
      quotients.add(position.floorDiv(window.strides().get(i)));
    }
    indices.addAll(quotients);
    return Tensor.map("conv" + spatialRank + "d_transpose", outer, sums.at(indices));
  }

  /**
   * The textbook way: zeros between the data's elements, then a convolution with the mirrored
   * kernel.
   */
  private Tensor throughZeros(
      Tensor data, Tensor weight, Window window, Attributes attributes, TensorType result) {
    List<String> spatial = Axes.spatialNames("", spatialRank);
    List<String> dataNames = Convolution.names("n", "ci", spatial);
    PrimExpr zero = IntImm.of(data.dtype(), 0);
    Tensor spread = spread(data, window, zero, dataNames);
    List<Long> before = new ArrayList<>(List.of(0L, 0L));
    List<Long> behind = new ArrayList<>(List.of(0L, 0L));
    for (int i = 0; i < spatialRank; i++) {
      before.add(window.reach(i) - 1 - window.padBegin().get(i));
      behind.add(behindLast(window, attributes, i));
    }
    Tensor padded = Padding.constant(spread, before, behind, zero, dataNames);

    List<Axis> axes = Axes.named(Convolution.names("n", "c", spatial), Axes.extents(result));
    Channels channels = Channels.of(axes.get(1), weight, attributes.integer("groups"));
    List<Axis> reduceAxes = new ArrayList<>(List.of(channels.reduced));
    List<PrimExpr> inWindow = new ArrayList<>();
    List<PrimExpr> weightIndices = new ArrayList<>(List.of(channels.input, channels.output));
    for (int i = 0; i < spatialRank; i++) {
      String name = Axes.spatialNames("k", spatialRank).get(i);
      PrimExpr k = Convolution.reduced(name, weight.dim(i + 2), reduceAxes);
      inWindow.add(k);
      weightIndices.add(weight.dim(i + 2).minus(1).minus(k));
    }
    List<PrimExpr> dataIndices = new ArrayList<>(List.of(axes.get(0).var(), channels.input));
    for (int i = 0; i < spatialRank; i++) {
      dataIndices.add(axes.get(i + 2).var().plus(inWindow.get(i).times(window.dilation().get(i))));
    }
    return Tensor.reduce(
        "conv" + spatialRank + "d_transpose",
        Reducer.SUM,
        axes,
        reduceAxes,
        Accumulation.product(
            padded.at(dataIndices), weight.at(weightIndices), Accumulation.of(result.dtype())));
  }

  /** The data with {@code stride - 1} zeros between neighbours. */
  private Tensor spread(Tensor data, Window window, PrimExpr zero, List<String> names) {
    if (window.strides().stream().allMatch(s -> s == 1)) {
      return data;
    }
    List<PrimExpr> extents = new ArrayList<>(data.shape().subList(0, 2));
    for (int i = 0; i < spatialRank; i++) {
      extents.add(data.dim(i + 2).minus(1).times(window.strides().get(i)).plus(1));
    }
    List<Axis> axes = Axes.named(names, extents);
    List<PrimExpr> indices = new ArrayList<>(Axes.vars(axes.subList(0, 2)));
    PrimExpr present = IntImm.TRUE;
    for (int i = 0; i < spatialRank; i++) {
      long stride = window.strides().get(i);
      PrimExpr position = axes.get(i + 2).var();
      present = present.and(position.floorMod(stride).equalTo(IntImm.of(0)));
      indices.add(position.floorDiv(stride));
    }
    return Tensor.map("spread", axes, Select.of(present, data.at(indices), zero));
  }

  /**
   * Which channels meet.
   *
   * @param reduced over the input channels of one group
   * @param input the channel of the data and the weight's first index
   * @param output the weight's second index
   */
  private record Channels(Axis reduced, PrimExpr input, PrimExpr output) {
    static Channels of(Axis outputs, Tensor weight, long groups) {
      long inputs = Axes.of(weight.shape()).getFirst().size();
      Axis reduced = Axis.of("ci", inputs / groups);
      if (groups == 1) {
        return new Channels(reduced, reduced.var(), outputs.var());
      }
      PrimExpr group = outputs.var().floorDiv(weight.dim(1));
      return new Channels(
          reduced,
          group.times(inputs / groups).plus(reduced.var()),
          outputs.var().floorMod(weight.dim(1)));
    }
  }
}
