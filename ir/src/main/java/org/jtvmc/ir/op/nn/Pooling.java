package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
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
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/**
 * The largest, the mean, or the p-norm of a window that slides over all dimensions from the third
 * on: data {@code [n, c, spatial...]}, or the channels last. ONNX's MaxPool, AveragePool and
 * LpPool.
 */
public final class Pooling extends TensorOperator {

  private enum Kind {
    MAX,
    AVERAGE,
    NORM
  }

  private final Kind kind;

  private Pooling(String name, Kind kind, AttributeSpec... more) {
    super(name, FusionKind.OUT_ELEMENTWISE_FUSABLE, List.of("data"), attributes(more));
    this.kind = kind;
  }

  private static List<AttributeSpec> attributes(AttributeSpec... more) {
    List<AttributeSpec> all =
        new ArrayList<>(
            List.of(
                required("pool_size", "the window's size, per spatial dimension"),
                optionalList("strides", "the window's step; 1"),
                optionalList("padding", "before, then behind each spatial dimension; 0"),
                optionalList("dilation", "the distance of neighbours in the window; 1"),
                optional("ceil_mode", false, "whether a window partly outside counts"),
                optional("data_layout", "", "of data and result; channels first")));
    all.addAll(List.of(more));
    return all;
  }

  /** The three. */
  public static List<Operator> all() {
    return List.of(
        new Pooling("nn.max_pool", Kind.MAX),
        new Pooling(
            "nn.avg_pool",
            Kind.AVERAGE,
            optional("count_include_pad", false, "whether padding counts as elements")),
        new Pooling("nn.lp_pool", Kind.NORM, optional("p", 2, "the exponent")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    Shapes.requireRank(data, "data", 3);
    if (kind != Kind.MAX) {
      Shapes.requireFloat(data, "data");
    }
    Window window = window(attributes, data.rank());
    ImageLayout layout = layout(attributes, data.rank());
    return data.withShape(
        layout.arrange(
            data.dim(0),
            data.dim(layout.channel(data.rank())),
            window.outputSizes(layout.spatial(data.shape()), attributes.bool("ceil_mode"))));
  }

  private static ImageLayout layout(Attributes attributes, int rank) {
    return ImageLayout.of("data_layout", attributes.text("data_layout"), rank - 2);
  }

  private static Window window(Attributes attributes, int rank) {
    List<Long> size = attributes.integers("pool_size");
    return Window.of(Shapes.eachAtLeast("pool_size", size, rank - 2, 1, 1), attributes);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    return expression(inputs, attributes, result, false);
  }

  /**
   * Largest elements and sums of a window are those of its rows' ones, which neighbouring windows
   * share: a window of {@code k x k} takes {@code 2 k} steps.
   */
  @Override
  public List<Strategy> strategies(List<Tensor> inputs, Attributes attributes, Type result) {
    Strategy direct = new Strategy("direct", this::compute);
    Window window = window(complete(attributes), inputs.getFirst().rank());
    boolean known = Axes.extents(result).stream().allMatch(IntImm.class::isInstance);
    boolean separable =
        known && kind != Kind.NORM && window.kernel().stream().filter(size -> size > 1).count() > 1;
    return separable
        ? List.of(
            direct,
            new Strategy(
                "separable", (data, given, type) -> expression(data, complete(given), type, true)))
        : List.of(direct);
  }

  /**
   * @param apart whether one dimension is reduced after the other
   */
  private List<Tensor> expression(
      List<Tensor> inputs, Attributes attributes, Type result, boolean apart) {
    Tensor data = inputs.getFirst();
    DType dtype = data.dtype();
    Window window = window(attributes, data.rank());
    ImageLayout layout = layout(attributes, data.rank());
    List<String> names = layout.arrange("n", "c", Axes.spatialNames("", window.rank()));
    List<Axis> axes = Axes.named(names, Axes.extents(result));
    List<PrimExpr> sizes = layout.spatial(data.shape());
    Window covering = covering(window, sizes, layout.spatial(axes), attributes.bool("ceil_mode"));
    Reducer reducer = kind == Kind.MAX ? Reducer.MAX : Reducer.SUM;
    WindowReduction reduction = new WindowReduction(covering, layout, reducer, names, apart);
    List<PrimExpr> outputs = layout.spatial(Axes.extents(result));

    String stage = name().substring("nn.".length());
    return switch (kind) {
      case MAX -> List.of(reduction.of(stage, data, outputs, element -> element));
      case AVERAGE -> {
        Tensor sum =
            reduction.of(
                stage + "_sum", data, outputs, element -> element.cast(Accumulation.of(dtype)));
        List<Axis> outer = Axes.named(names, sum.shape());
        PrimExpr count = count(window, covering, sizes, layout.spatial(outer), attributes);
        PrimExpr mean = sum.at(Axes.vars(outer)).dividedBy(count.cast(sum.dtype()));
        yield List.of(Tensor.map(stage, outer, mean.cast(dtype)));
      }
      case NORM -> {
        double p = attributes.integer("p");
        Tensor sum =
            reduction.of(
                stage + "_sum",
                data,
                outputs,
                element -> {
                  PrimExpr wide = element.cast(Accumulation.of(dtype));
                  return p == 2 ? wide.times(wide) : power(absolute(wide), p);
                });
        List<Axis> outer = Axes.named(names, sum.shape());
        PrimExpr total = sum.at(Axes.vars(outer));
        PrimExpr norm = p == 2 ? Intrinsic.of(IntrinsicOp.SQRT, total) : power(total, 1 / p);
        yield List.of(Tensor.map(stage, outer, norm.cast(dtype)));
      }
    };
  }

  private static PrimExpr absolute(PrimExpr x) {
    return Intrinsic.of(IntrinsicOp.ABS, x);
  }

  private static PrimExpr power(PrimExpr x, double exponent) {
    return exponent == 1 ? x : Intrinsic.of(IntrinsicOp.POW, x, new FloatImm(x.dtype(), exponent));
  }

  /**
   * The window with enough padding behind that the last position is inside ({@code ceil_mode}).
   *
   * @param sizes of the data, and {@code outputs} of the result: spatial ones
   */
  private static Window covering(
      Window window, List<PrimExpr> sizes, List<Axis> outputs, boolean ceil) {
    List<Long> end = new ArrayList<>(window.rank());
    List<Axis> dataAxes = Axes.of(sizes);
    for (int i = 0; i < window.rank(); i++) {
      if (!(sizes.get(i) instanceof IntImm)) {
        // The most that any size may need.
        end.add(window.padEnd().get(i) + (ceil ? window.strides().get(i) - 1 : 0));
        continue;
      }
      long needed = (outputs.get(i).size() - 1) * window.strides().get(i) + window.reach(i);
      long before = window.padBegin().get(i) + dataAxes.get(i).size();
      end.add(Math.max(window.padEnd().get(i), needed - before));
    }
    return new Window(window.kernel(), window.strides(), window.padBegin(), end, window.dilation());
  }

  /** How many elements a mean is taken over: those that are not excluded padding. */
  private static PrimExpr count(
      Window window,
      Window covering,
      List<PrimExpr> sizes,
      List<Axis> outputs,
      Attributes attributes) {
    boolean includePad = attributes.bool("count_include_pad");
    PrimExpr count = IntImm.of(1);
    for (int i = 0; i < window.rank(); i++) {
      long kernel = window.kernel().get(i);
      long dilation = window.dilation().get(i);
      long begin = window.padBegin().get(i);
      long end = window.padEnd().get(i);
      boolean cut = covering.padEnd().get(i) != end || (!includePad && (begin != 0 || end != 0));
      if (!cut) {
        count = count.times(kernel);
        continue;
      }
      long first = includePad ? 0 : begin;
      PrimExpr behind = sizes.get(i).plus(begin + (includePad ? end : 0));
      PrimExpr start = outputs.get(i).var().times(window.strides().get(i));
      PrimExpr from =
          IntImm.of(first + dilation - 1).minus(start).floorDiv(dilation).max(IntImm.of(0));
      PrimExpr to =
          behind.plus(dilation - 1).minus(start).floorDiv(dilation).min(IntImm.of(kernel));
      count = count.times(to.minus(from));
    }
    return count;
  }
}
