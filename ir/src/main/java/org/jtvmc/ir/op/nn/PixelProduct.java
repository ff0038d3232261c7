package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/**
 * A convolution of images, channels last, as one matrix product: {@code p} counts the pixels of all
 * results, {@code q} what a window holds, channels innermost.
 *
 * <pre>{@code
 * windows[p, q] = x[image(p), y(p) * stride + ky(q), x(p) * stride + kx(q), channel(q)]
 * filters[c, q] = k[c, channel(q), ky(q), kx(q)]
 * product[p, c] = sum(windows[p, q] * filters[c, q], [q])
 * conv[n, y, x, c] = product[(n * height + y) * width + x, c]
 * }</pre>
 *
 * <p>Tensor cores take tiles of rows and columns. Pixels counted through fill such tiles whatever
 * the width of an image, and the windows of a tile need exist nowhere but in a block's shared
 * memory, where each is copied as runs of channels (implicit GEMM): of as many as make a line, one
 * tap after the other, so that what taps share is read again soon. Where there are few channels, as
 * in a picture, {@code q} is filled up with zeros, and elements are moved one by one. Filters are
 * turned when the model is compiled.
 */
final class PixelProduct {
  private static final Set<DType> FACTORS = Set.of(DType.F16, DType.BF16, DType.TF32);

  /** Channels come in runs of so many bytes: what an instruction multiplies of a row. */
  private static final long RUN_BYTES = 32;

  /** What is copied of a pixel at a time, where there are as many channels. */
  private static final long LINE_BYTES = 128;

  private PixelProduct() {}

  /** True where tensor cores may multiply, all sizes are known, and the weight is a constant. */
  static boolean fits(Tensor data, ImageLayout layout, Tensor weight, TensorType result) {
    if (!result.isStatic()
        || !FACTORS.contains(data.dtype())
        || !weight.dtype().equals(data.dtype())
        || weight.constantSource().isEmpty()) {
      return false;
    }
    long bytes = channels(weight) * data.dtype().bytes();
    boolean inRuns = layout == ImageLayout.CHANNELS_LAST && bytes % RUN_BYTES == 0;
    return inRuns || bytes < RUN_BYTES;
  }

  private static long channels(Tensor weight) {
    return ((IntImm) weight.dim(1)).value();
  }

  /**
   * The result, channels last, given that the convolution {@link #fits}.
   *
   * @param layout of the data
   */
  static Tensor convolution(
      Tensor data, ImageLayout layout, Tensor weight, Window window, TensorType result) {
    int rank = window.rank();
    List<String> spatial = Axes.spatialNames("", rank);
    Tensor padded =
        Padding.ofWindow(
            data, window, layout, IntImm.of(data.dtype(), 0), layout.arrange("n", "ci", spatial));
    List<PrimExpr> sizes = Axes.extents(result);
    List<PrimExpr> pixels = sizes.subList(0, rank + 1);
    PrimExpr count = product(pixels);
    DType dtype = data.dtype();
    long line = LINE_BYTES / dtype.bytes();
    boolean few = channels(weight) * dtype.bytes() < RUN_BYTES;
    long run = few ? 1 : channels(weight) % line == 0 ? line : channels(weight);
    List<PrimExpr> taps = new ArrayList<>(List.of(IntImm.of(channels(weight) / run)));
    taps.addAll(weight.shape().subList(2, weight.rank()));
    taps.add(IntImm.of(run));
    long held = ((IntImm) product(taps)).value();
    PrimExpr depth = IntImm.of(few ? Math.ceilDiv(held, line) * line : held);
    PrimExpr zero = IntImm.of(dtype, 0);

    List<Axis> windowAxes = Axes.named(List.of("p", "q"), List.of(count, depth));
    List<PrimExpr> pixel = Axes.unflatten(windowAxes.getFirst().var(), pixels);
    List<PrimExpr> tap = Axes.unflatten(windowAxes.getLast().var(), taps);
    Tensor windows =
        Tensor.map(
            "windows",
            windowAxes,
            Select.of(
                few ? windowAxes.getLast().var().lessThan(held) : IntImm.TRUE,
                padded.at(
                    layout.arrange(
                        pixel.getFirst(),
                        tap.getFirst().times(run).plus(tap.getLast()),
                        window.positions(pixel.subList(1, rank + 1), tap.subList(1, rank + 1)))),
                zero));
    List<Axis> filterAxes = Axes.named(List.of("c", "q"), List.of(weight.dim(0), depth));
    List<PrimExpr> turned = Axes.unflatten(filterAxes.getLast().var(), taps);
    List<PrimExpr> places =
        new ArrayList<>(
            List.of(
                filterAxes.getFirst().var(), turned.getFirst().times(run).plus(turned.getLast())));
    places.addAll(turned.subList(1, rank + 1));
    Tensor filters =
        Tensor.map(
            "filters",
            filterAxes,
            Select.of(
                few ? filterAxes.getLast().var().lessThan(held) : IntImm.TRUE,
                weight.at(places),
                zero));

    List<Axis> axes = Axes.named(List.of("p", "c"), List.of(count, weight.dim(0)));
    Axis reduced = Axis.of("q", depth);
    Tensor sums =
        Tensor.reduce(
            "conv%dd_pixels".formatted(rank),
            Reducer.SUM,
            axes,
            List.of(reduced),
            Accumulation.product(
                windows.at(axes.getFirst().var(), reduced.var()),
                filters.at(axes.getLast().var(), reduced.var()),
                Accumulation.of(result.dtype())));
    List<Axis> imageAxes = Axes.named(ImageLayout.CHANNELS_LAST.arrange("n", "c", spatial), sizes);
    PrimExpr number = Axes.flatten(Axes.vars(imageAxes.subList(0, rank + 1)), pixels);
    Tensor image =
        Tensor.map(
            "conv%dd".formatted(rank), imageAxes, sums.at(number, imageAxes.getLast().var()));
    return Accumulation.castTo(result.dtype(), image);
  }

  private static PrimExpr product(List<PrimExpr> sizes) {
    return sizes.stream().reduce(IntImm.of(1), PrimExpr::times);
  }
}
