package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * Convolution over one, two or three spatial dimensions: data {@code [n, ci, spatial...]}, weight
 * {@code [co, ci / groups, kernel...]}, result {@code [n, co, spatial...]}; or the channels of
 * data, result or both last. ONNX's Conv without its bias.
 */
public final class Convolution extends TensorOperator {
  private static final List<String> SPATIAL_LETTERS = List.of("W", "HW", "DHW");

  /** Results of a tile in each direction. */
  private static final List<Integer> WINOGRAD_TILES = List.of(2, 4);

  private final int spatialRank;

  private Convolution(int spatialRank) {
    super(
        "nn.conv" + spatialRank + "d",
        FusionKind.OUT_ELEMENTWISE_FUSABLE,
        List.of("data", "weight"),
        List.of(
            optionalList("strides", "the window's step, per spatial dimension; 1"),
            optionalList("padding", "zeros before, then behind each spatial dimension; 0"),
            optionalList("dilation", "the distance of neighbours in the window; 1"),
            optional("groups", 1, "how many parts the channels fall into"),
            optional("data_layout", ImageLayout.CHANNELS_FIRST.text(spatialRank), "of the data"),
            optional("out_layout", "", "of the result; the data's"),
            optional("kernel_layout", "OI" + SPATIAL_LETTERS.get(spatialRank - 1), "of the weight"),
            optional(Accumulation.OUT_DTYPE, "", "the result's element type; the data's")));
    this.spatialRank = spatialRank;
  }

  /** One for each number of spatial dimensions. */
  public static List<Operator> all() {
    return List.of(new Convolution(1), new Convolution(2), new Convolution(3));
  }

  private ImageLayout dataLayout(Attributes attributes) {
    return ImageLayout.of("data_layout", attributes.text("data_layout"), spatialRank);
  }

  private ImageLayout outLayout(Attributes attributes) {
    String text = attributes.text("out_layout");
    return text.isEmpty()
        ? dataLayout(attributes)
        : ImageLayout.of("out_layout", text, spatialRank);
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.get(0);
    TensorType weight = arguments.get(1);
    ImageLayout layout = dataLayout(attributes);
    requireKernelLayout(attributes);
    requireRank(data, "data");
    requireRank(weight, "weight");
    DType dtype = Accumulation.resultType(attributes, arguments);
    long groups = attributes.integer("groups");
    Dim channels = weight.dim(1).times(groups);
    Dim given = data.dim(layout.channel(data.rank()));
    if (groups < 1 || Shapes.conflict(given, channels)) {
      throw new TypeException(
          "the data has %s channels, but %d groups of a weight %s need %s"
              .formatted(given, groups, weight, channels));
    }
    if (weight.dim(0).isKnown() && weight.dim(0).value() % groups != 0) {
      throw new TypeException(
          "%s output channels do not divide into %d groups".formatted(weight.dim(0), groups));
    }
    Window window = Window.of(weight.shape().stream().skip(2).map(Dim::value).toList(), attributes);
    List<Dim> shape =
        outLayout(attributes)
            .arrange(
                data.dim(0),
                weight.dim(0),
                window.outputSizes(layout.spatial(data.shape()), false));
    return new TensorType(shape, dtype);
  }

  private void requireKernelLayout(Attributes attributes) {
    String supported = "OI" + SPATIAL_LETTERS.get(spatialRank - 1);
    String given = attributes.text("kernel_layout");
    if (!given.equals(supported)) {
      throw new TypeException(
          "kernel_layout is '%s', but must be '%s'".formatted(given, supported));
    }
  }

  private void requireRank(TensorType argument, String what) {
    if (argument.rank() != spatialRank + 2) {
      throw new TypeException(
          "the %s must have %d dimensions and is %s".formatted(what, spatialRank + 2, argument));
    }
  }

  private static Window window(Tensor weight, Attributes attributes) {
    List<Axis> kernelAxes = Axes.of(weight.shape().subList(2, weight.rank()));
    return Window.of(kernelAxes.stream().map(Axis::size).toList(), attributes);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.get(0);
    Tensor weight = inputs.get(1);
    DType dtype = ((TensorType) result).dtype();
    Window window = window(weight, attributes);
    ImageLayout layout = dataLayout(attributes);
    ImageLayout outLayout = outLayout(attributes);
    List<String> spatial = Axes.spatialNames("", spatialRank);
    Tensor padded =
        Padding.ofWindow(
            data, window, layout, IntImm.of(data.dtype(), 0), layout.arrange("n", "ci", spatial));

    List<Axis> axes = Axes.named(outLayout.arrange("n", "c", spatial), Axes.extents(result));
    Axis channels = axes.get(outLayout.channel(axes.size()));
    List<Axis> reduceAxes = new ArrayList<>();
    // What lies side by side in the data is reduced innermost.
    boolean channelsFirst = layout == ImageLayout.CHANNELS_FIRST;
    PrimExpr inGroup = channelsFirst ? reduced("ci", weight.dim(1), reduceAxes) : null;
    List<PrimExpr> inWindow = new ArrayList<>();
    List<String> windowNames = Axes.spatialNames("k", spatialRank);
    for (int i = 0; i < spatialRank; i++) {
      inWindow.add(reduced(windowNames.get(i), weight.dim(i + 2), reduceAxes));
    }
    inGroup = channelsFirst ? inGroup : reduced("ci", weight.dim(1), reduceAxes);
    if (reduceAxes.isEmpty()) {
      Axis only = Axis.of("ci", 1);
      reduceAxes.add(only);
      inGroup = only.var();
    }

    PrimExpr inputChannel =
        inputChannel(
            channels.var(),
            inGroup,
            attributes.integer("groups"),
            channels.size(),
            Axis.of("ci", weight.dim(1)).size());
    List<PrimExpr> dataIndices =
        layout.arrange(
            axes.get(0).var(),
            inputChannel,
            window.positions(Axes.vars(outLayout.spatial(axes)), inWindow));
    List<PrimExpr> weightIndices = new ArrayList<>(List.of(channels.var(), inGroup));
    weightIndices.addAll(inWindow);

    Tensor sum =
        Tensor.reduce(
            "conv" + spatialRank + "d",
            Reducer.SUM,
            axes,
            reduceAxes,
            Accumulation.product(
                padded.at(dataIndices), weight.at(weightIndices), Accumulation.of(dtype)));
    return List.of(Accumulation.castTo(dtype, sum));
  }

  /** The channel of the data: {@code (c / co-per-group) * ci-per-group + ci}, where simplified. */
  private static PrimExpr inputChannel(
      PrimExpr outputChannel, PrimExpr inGroup, long groups, long outputs, long perGroup) {
    return groups == 1
        ? inGroup
        : outputChannel.floorDiv(outputs / groups).times(perGroup).plus(inGroup);
  }

  /** A new reduction axis; no axis and the index 0 where the extent is 1. */
  static PrimExpr reduced(String name, PrimExpr extent, List<Axis> reduceAxes) {
    if (IntImm.is(extent, 1)) {
      return IntImm.of(0);
    }
    Axis axis = Axis.of(name, extent);
    reduceAxes.add(axis);
    return axis.var();
  }

  static List<String> names(String first, String second, List<String> spatial) {
    List<String> names = new ArrayList<>(List.of(first, second));
    names.addAll(spatial);
    return names;
  }

  @Override
  public List<Strategy> strategies(List<Tensor> inputs, Attributes given, Type result) {
    Strategy direct = new Strategy("direct", this::compute);
    Attributes attributes = complete(given);
    Window window = window(inputs.get(1), attributes);
    // Over single pixels, the direct form is a matrix product already.
    boolean gathers =
        window.isPadded()
            || window.kernel().stream().anyMatch(k -> k != 1)
            || window.strides().stream().anyMatch(s -> s != 1);
    boolean channelsFirst =
        dataLayout(attributes) == ImageLayout.CHANNELS_FIRST
            && outLayout(attributes) == ImageLayout.CHANNELS_FIRST;
    if (attributes.integer("groups") != 1 || !gathers) {
      return List.of(direct);
    }
    List<Strategy> strategies = new ArrayList<>(List.of(direct));
    if (channelsFirst) {
      strategies.add(new Strategy("matmul", this::asMatmul));
    }
    boolean channelsLast = outLayout(attributes) == ImageLayout.CHANNELS_LAST;
    if (channelsLast) {
      strategies.addAll(
          inTiles(inputs.get(0), window, dataLayout(attributes), (TensorType) result));
    }
    ImageLayout layout = dataLayout(attributes);
    if (channelsLast
        && PixelProduct.fits(inputs.get(0), layout, inputs.get(1), (TensorType) result)) {
      strategies.add(
          new Strategy(
              "pixels",
              (operands, _, type) ->
                  List.of(
                      PixelProduct.convolution(
                          operands.get(0), layout, operands.get(1), window, (TensorType) type)),
              true));
    }
    return List.copyOf(strategies);
  }

  /** The algorithms that transform tiles of the image. */
  private static List<Strategy> inTiles(
      Tensor data, Window window, ImageLayout layout, TensorType result) {
    List<Strategy> strategies = new ArrayList<>();
    for (int size : WINOGRAD_TILES) {
      Winograd winograd = new Winograd(size);
      if (winograd.fits(data, window, result)) {
        strategies.add(
            new Strategy(
                "winograd" + size,
                (operands, _, type) ->
                    List.of(
                        winograd.convolution(
                            channelsLast(operands.get(0), layout),
                            operands.get(1),
                            window,
                            (TensorType) type))));
      }
    }
    if (Fourier.fits(data, window, result)) {
      strategies.add(
          new Strategy(
              "fourier",
              (operands, _, type) ->
                  List.of(
                      Fourier.convolution(
                          channelsLast(operands.get(0), layout),
                          operands.get(1),
                          window,
                          (TensorType) type))));
    }
    return strategies;
  }

  /** The image with its channels last, read where it lies. */
  private static Tensor channelsLast(Tensor image, ImageLayout layout) {
    if (layout == ImageLayout.CHANNELS_LAST) {
      return image;
    }
    List<PrimExpr> sizes =
        ImageLayout.CHANNELS_LAST.arrange(
            image.dim(0), image.dim(layout.channel(image.rank())), layout.spatial(image.shape()));
    return Tensor.compute(
        "channels_last",
        sizes,
        i ->
            image.at(
                layout.arrange(i.getFirst(), i.getLast(), ImageLayout.CHANNELS_LAST.spatial(i))));
  }

  /**
   * A matrix product of the weight and the windows' contents, which are copied side by side first:
   * {@code p} counts the windows of an image, whatever its width, which suits wide vectors.
   * Chellapilla et al., "High performance convolutional neural networks for document processing",
   * 2006.
   */
  private List<Tensor> asMatmul(List<Tensor> inputs, Attributes given, Type result) {
    Tensor data = inputs.get(0);
    Tensor weight = inputs.get(1);
    DType dtype = ((TensorType) result).dtype();
    Window window = window(weight, complete(given));
    List<String> spatial = Axes.spatialNames("", spatialRank);
    Tensor padded =
        Padding.ofWindow(data, window, IntImm.of(data.dtype(), 0), names("n", "ci", spatial));
    List<PrimExpr> outputs = Axes.extents(result).subList(2, data.rank());
    PrimExpr count = outputs.stream().reduce(IntImm.of(1), PrimExpr::times);

    List<String> windowNames = names("n", "ci", Axes.spatialNames("k", spatialRank));
    windowNames.add("p");
    List<PrimExpr> extents = new ArrayList<>(List.of(data.dim(0)));
    extents.addAll(weight.shape().subList(1, weight.rank()));
    extents.add(count);
    List<Axis> windowAxes = Axes.named(windowNames, extents);
    List<PrimExpr> dataIndices = new ArrayList<>(Axes.vars(windowAxes.subList(0, 2)));
    dataIndices.addAll(
        window.positions(
            Axes.unflatten(windowAxes.getLast().var(), outputs),
            Axes.vars(windowAxes.subList(2, windowAxes.size() - 1))));
    Tensor windows = Tensor.map("windows", windowAxes, padded.at(dataIndices));

    List<Axis> axes =
        Axes.named(List.of("n", "c", "p"), List.of(data.dim(0), weight.dim(0), count));
    List<Axis> reduceAxes =
        Axes.named(
            windowNames.subList(1, windowNames.size() - 1),
            weight.shape().subList(1, weight.rank()));
    List<PrimExpr> windowIndices = new ArrayList<>(List.of(axes.get(0).var()));
    windowIndices.addAll(Axes.vars(reduceAxes));
    windowIndices.add(axes.get(2).var());
    List<PrimExpr> weightIndices = new ArrayList<>(List.of(axes.get(1).var()));
    weightIndices.addAll(Axes.vars(reduceAxes));
    Tensor product =
        Tensor.reduce(
            "conv" + spatialRank + "d_matmul",
            Reducer.SUM,
            axes,
            reduceAxes,
            Accumulation.product(
                windows.at(windowIndices), weight.at(weightIndices), Accumulation.of(dtype)));

    List<Axis> imageAxes = Axes.named(names("n", "c", spatial), Axes.extents(result));
    PrimExpr pixel = Axes.flatten(Axes.vars(imageAxes.subList(2, imageAxes.size())), outputs);
    Tensor image =
        Tensor.map(
            "conv" + spatialRank + "d",
            imageAxes,
            product.at(imageAxes.get(0).var(), imageAxes.get(1).var(), pixel));
    return List.of(Accumulation.castTo(dtype, image));
  }
}
