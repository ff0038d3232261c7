package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;

/**
 * What a sliding window holds, reduced to one element for each of its positions.
 *
 * @param window with all the padding that its last position needs
 * @param names of the dimensions
 * @param apart whether one spatial dimension is reduced after the other: a window of {@code k x k}
 *     then takes {@code 2 k} steps, since neighbours share what they have in common
 */
record WindowReduction(
    Window window, ImageLayout layout, Reducer reducer, List<String> names, boolean apart) {

  /**
   * The reduction of {@code data}.
   *
   * @param stage the name of what is returned
   * @param outputs how many positions the window takes, in each spatial dimension
   * @param element what is reduced of each element
   */
  Tensor of(String stage, Tensor data, List<PrimExpr> outputs, UnaryOperator<PrimExpr> element) {
    if (!apart) {
      return reduce(stage, data, window, outputs, element);
    }
    Tensor reduced = data;
    UnaryOperator<PrimExpr> ofElement = element;
    Window rest = window;
    for (int i = 0; i < window.rank(); i++) {
      Window others = with(rest, i, 1, 1, 0, 0, 1);
      if (window.kernel().get(i) > 1 && others.kernel().stream().anyMatch(size -> size > 1)) {
        List<PrimExpr> positions = new ArrayList<>(layout.spatial(reduced.shape()));
        positions.set(i, outputs.get(i));
        reduced =
            reduce(
                stage + "_" + layout.spatial(names).get(i), reduced, only(i), positions, ofElement);
        ofElement = done -> done;
        rest = others;
      }
    }
    return reduce(stage, reduced, rest, outputs, ofElement);
  }

  /** The window's part in one dimension. */
  private Window only(int i) {
    int rank = window.rank();
    List<Long> ones = Collections.nCopies(rank, 1L);
    List<Long> zeros = Collections.nCopies(rank, 0L);
    return with(
        new Window(ones, ones, zeros, zeros, ones),
        i,
        window.kernel().get(i),
        window.strides().get(i),
        window.padBegin().get(i),
        window.padEnd().get(i),
        window.dilation().get(i));
  }

  private static Window with(
      Window window, int i, long kernel, long stride, long begin, long end, long dilation) {
    return new Window(
        with(window.kernel(), i, kernel),
        with(window.strides(), i, stride),
        with(window.padBegin(), i, begin),
        with(window.padEnd(), i, end),
        with(window.dilation(), i, dilation));
  }

  private static List<Long> with(List<Long> values, int i, long value) {
    List<Long> changed = new ArrayList<>(values);
    changed.set(i, value);
    return changed;
  }

  private Tensor reduce(
      String stage,
      Tensor data,
      Window by,
      List<PrimExpr> outputs,
      UnaryOperator<PrimExpr> element) {
    Tensor padded = Padding.ofWindow(data, by, layout, reducer.identity(data.dtype()), names);
    List<PrimExpr> extents =
        layout.arrange(data.dim(0), data.dim(layout.channel(data.rank())), outputs);
    List<Axis> axes = Axes.named(names, extents);
    List<Axis> windowAxes = new ArrayList<>();
    List<PrimExpr> inWindow = new ArrayList<>();
    List<String> windowNames = Axes.spatialNames("k", by.rank());
    for (int i = 0; i < by.rank(); i++) {
      inWindow.add(
          Convolution.reduced(windowNames.get(i), IntImm.of(by.kernel().get(i)), windowAxes));
    }
    List<PrimExpr> indices =
        layout.arrange(
            axes.getFirst().var(),
            axes.get(layout.channel(axes.size())).var(),
            by.positions(Axes.vars(layout.spatial(axes)), inWindow));
    return Tensor.reduce(stage, reducer, axes, windowAxes, element.apply(padded.at(indices)));
  }
}
