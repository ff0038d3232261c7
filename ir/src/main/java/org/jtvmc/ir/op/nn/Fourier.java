package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/**
 * A convolution of images, channels last, by Fourier transforms of tiles of 16x16 pixels: for a
 * window of {@code k x k} each tile gives {@code 17 - k} rows and columns of results
 * (overlap-save). Products are matrix products over the channels, one for each of 384 positions,
 * which is 3.84 multiplications for each result and channel in the place of 49 for 7x7.
 *
 * <p>Along a row, pixels {@code n} and {@code n + 8} are one complex number, {@code x[n] - i
 * x[n+8]}, and the transform is taken at the frequencies {@code (4 k + 1) / 32} of a turn, {@code
 * k} from 0 to 7: of real numbers these say all that the 16 odd frequencies do, and what wraps
 * around the tile's end, which no result uses, only changes its sign. Nussbaumer, "Fast Fourier
 * Transform and Convolution Algorithms", 1981, on the right-angle circular convolution. Down the
 * columns follow complex transforms of 16.
 *
 * <p>A complex product takes three real ones, which are planes of their own: with {@code X} of the
 * data and {@code W} of the weight, {@code (Xr + Xi) Wr}, {@code Xr (Wi - Wr)} and {@code Xi (Wr +
 * Wi)}; the first less the third is the real part, the first and the second the imaginary one.
 *
 * <p>The weight's transform depends on nothing else, so that a schedule has it computed when the
 * model is compiled.
 */
final class Fourier {
  /** Rows, and columns, of the data of a tile. */
  private static final int POINTS = 16;

  /** Complex numbers of a row. */
  private static final int HALF = POINTS / 2;

  private static final int PLANES = 3;

  /** Smaller windows are Winograd's. */
  private static final int LEAST_WINDOW = 5;

  /** With larger windows, of a tile hardly anything is results. */
  private static final int MOST_WINDOW = 12;

  private final Window window;
  private final ImageTiles tiles;

  private Fourier(Window window, TensorType result) {
    this.window = window;
    long largest = Math.max(window.kernel().get(0), window.kernel().get(1));
    this.tiles = ImageTiles.of(POINTS - largest + 1, result);
  }

  /** True for a large window that moves by single pixels over a float32 image of known size. */
  static boolean fits(Tensor data, Window window, TensorType result) {
    return result.isStatic()
        && data.dtype().equals(DType.F32)
        && window.rank() == 2
        && window.kernel().stream().allMatch(k -> k >= LEAST_WINDOW && k <= MOST_WINDOW)
        && window.strides().stream().allMatch(s -> s == 1)
        && window.dilation().stream().allMatch(d -> d == 1);
  }

  /** The result, given that the convolution {@link #fits}. */
  static Tensor convolution(Tensor data, Tensor weight, Window window, TensorType result) {
    Fourier fourier = new Fourier(window, result);
    Tensor transformed = fourier.data(fourier.tiles.padded(data, window, POINTS));
    Tensor weights = fourier.weight(weight);
    return fourier.image(fourier.product(transformed, weights), result);
  }

  private Tensor product(Tensor data, Tensor weight) {
    List<Axis> axes =
        Axes.named(
            List.of("k", "b", "q", "t", "c"),
            List.of(data.dim(0), data.dim(1), data.dim(2), data.dim(3), weight.dim(4)));
    Axis ci = Axis.of("ci", data.dim(4));
    List<PrimExpr> at = Axes.vars(axes.subList(0, 3));
    return Tensor.reduce(
        "fourier_product",
        Reducer.SUM,
        axes,
        List.of(ci),
        data.at(with(at, axes.get(3).var(), ci.var()))
            .times(weight.at(with(at, ci.var(), axes.get(4).var()))));
  }

  private static List<PrimExpr> with(List<PrimExpr> first, PrimExpr... behind) {
    List<PrimExpr> all = new ArrayList<>(first);
    all.addAll(List.of(behind));
    return all;
  }

  private Tensor data(Tensor padded) {
    Axis t = Axis.of("t", padded.dim(0).times(tiles.perImage()));
    Axis j = Axis.of("j", POINTS);
    Axis k = Axis.of("k", HALF);
    Axis part = Axis.of("part", 2);
    Axis ci = Axis.of("ci", padded.dim(3));
    PrimExpr row = tiles.top(t.var()).plus(j.var());
    List<ComplexTerm> pairs = new ArrayList<>();
    for (int n = 0; n < HALF; n++) {
      ComplexTerm pair =
          new ComplexTerm(
              pixel(padded, t, row, n, ci),
              pixel(padded, t, row, n + HALF, ci).times(FloatImm.f32(-1)));
      pairs.add(pair.turned(-n / (2.0 * POINTS), 1));
    }
    Tensor rows =
        Tensor.map(
            "fourier_rows",
            List.of(t, j, k, part, ci),
            choose(k.var(), part.var(), ComplexTerm.transform(pairs, -1)));

    List<Axis> axes =
        Axes.named(
            List.of("k", "b", "q", "t", "ci"),
            List.of(k.extent(), IntImm.of(POINTS), IntImm.of(PLANES), t.extent(), ci.extent()));
    List<PrimExpr> vars = Axes.vars(axes);
    List<ComplexTerm> column = new ArrayList<>();
    for (int i = 0; i < POINTS; i++) {
      column.add(complex(rows, List.of(vars.get(3), IntImm.of(i), vars.get(0)), vars.get(4)));
    }
    List<PrimExpr> planes = new ArrayList<>();
    for (ComplexTerm value : ComplexTerm.transform(column, -1)) {
      planes.add(value.re().plus(value.im()));
      planes.add(value.re());
      planes.add(value.im());
    }
    return Tensor.map("fourier_data", axes, choose(vars.get(1), vars.get(2), PLANES, planes));
  }

  private PrimExpr pixel(Tensor padded, Axis t, PrimExpr row, int column, Axis ci) {
    return padded.at(tiles.image(t.var()), row, tiles.left(t.var()).plus(column), ci.var());
  }

  /** The complex number of which the real and the imaginary part are neighbours in a tensor. */
  private static ComplexTerm complex(Tensor parts, List<PrimExpr> at, PrimExpr channel) {
    return new ComplexTerm(
        parts.at(with(at, IntImm.of(0), channel)), parts.at(with(at, IntImm.of(1), channel)));
  }

  /** Conjugated, so that results are correlations, and divided by what the way back multiplies. */
  private Tensor weight(Tensor weight) {
    Axis k = Axis.of("k", HALF);
    Axis part = Axis.of("part", 2);
    Axis l = Axis.of("l", weight.dim(2));
    Axis ci = Axis.of("ci", weight.dim(1));
    Axis c = Axis.of("c", weight.dim(0));
    List<ComplexTerm> frequencies = new ArrayList<>();
    for (int frequency = 0; frequency < HALF; frequency++) {
      ComplexTerm sum = null;
      for (int tap = 0; tap < window.kernel().get(1); tap++) {
        PrimExpr value = weight.at(c.var(), ci.var(), l.var(), IntImm.of(tap));
        ComplexTerm term = real(value, tap * (4 * frequency + 1) / (2.0 * POINTS), 1.0 / HALF);
        sum = sum == null ? term : sum.plus(term);
      }
      frequencies.add(sum);
    }
    Tensor rows =
        Tensor.map(
            "fourier_weight_rows",
            List.of(k, part, l, ci, c),
            choose(k.var(), part.var(), frequencies));

    List<Axis> axes =
        Axes.named(
            List.of("k", "b", "q", "ci", "c"),
            List.of(k.extent(), IntImm.of(POINTS), IntImm.of(PLANES), ci.extent(), c.extent()));
    List<PrimExpr> vars = Axes.vars(axes);
    List<PrimExpr> planes = new ArrayList<>();
    for (int b = 0; b < POINTS; b++) {
      ComplexTerm sum = null;
      for (int tap = 0; tap < window.kernel().get(0); tap++) {
        PrimExpr re = rows.at(vars.get(0), IntImm.of(0), IntImm.of(tap), vars.get(3), vars.get(4));
        PrimExpr im = rows.at(vars.get(0), IntImm.of(1), IntImm.of(tap), vars.get(3), vars.get(4));
        ComplexTerm term = new ComplexTerm(re, im).turned(tap * b / (double) POINTS, 1.0 / POINTS);
        sum = sum == null ? term : sum.plus(term);
      }
      planes.add(sum.re());
      planes.add(sum.im().minus(sum.re()));
      planes.add(sum.re().plus(sum.im()));
    }
    return Tensor.map("fourier_weight", axes, choose(vars.get(1), vars.get(2), PLANES, planes));
  }

  private static ComplexTerm real(PrimExpr value, double turns, double scale) {
    return new ComplexTerm(
        value.times(FloatImm.f32(scale * Math.cos(2 * Math.PI * turns))),
        value.times(FloatImm.f32(scale * Math.sin(2 * Math.PI * turns))));
  }

  private Tensor image(Tensor product, TensorType result) {
    Axis t = Axis.of("t", product.dim(3));
    Axis y = Axis.of("y", tiles.size());
    Axis k = Axis.of("k", HALF);
    Axis part = Axis.of("part", 2);
    Axis c = Axis.of("c", product.dim(4));
    List<ComplexTerm> sums = new ArrayList<>();
    for (int b = 0; b < POINTS; b++) {
      List<PrimExpr> planes = new ArrayList<>();
      for (int q = 0; q < PLANES; q++) {
        planes.add(product.at(k.var(), IntImm.of(b), IntImm.of(q), t.var(), c.var()));
      }
      sums.add(
          new ComplexTerm(planes.get(0).minus(planes.get(2)), planes.get(0).plus(planes.get(1))));
    }
    int size = Math.toIntExact(tiles.size());
    List<ComplexTerm> column = ComplexTerm.transform(sums, 1).subList(0, size);
    Tensor rows =
        Tensor.map("fourier_sums", List.of(t, y, k, part, c), choose(y.var(), part.var(), column));

    List<Axis> axes = Axes.named(List.of("n", "h", "w", "c"), Axes.extents(result));
    List<PrimExpr> vars = Axes.vars(axes);
    PrimExpr tile = tiles.tile(vars.get(0), vars.get(1), vars.get(2));
    List<ComplexTerm> row = new ArrayList<>();
    for (int frequency = 0; frequency < HALF; frequency++) {
      row.add(
          complex(
              rows, List.of(tile, vars.get(1).floorMod(size), IntImm.of(frequency)), vars.get(3)));
    }
    List<ComplexTerm> pairs = ComplexTerm.transform(row, 1);
    List<PrimExpr> pixels = new ArrayList<>();
    for (int x = 0; x < size; x++) {
      ComplexTerm pair = pairs.get(x % HALF).turned((x % HALF) / (2.0 * POINTS), 1);
      pixels.add(x < HALF ? pair.re() : pair.im().times(FloatImm.f32(-1)));
    }
    return Tensor.map("fourier", axes, Axes.choose(vars.get(2).floorMod(size), pixels));
  }

  private static PrimExpr choose(PrimExpr which, PrimExpr part, List<ComplexTerm> values) {
    List<PrimExpr> parts = new ArrayList<>();
    for (ComplexTerm value : values) {
      parts.add(value.re());
      parts.add(value.im());
    }
    return choose(which, part, 2, parts);
  }

  /** The term {@code which * parts + part}. */
  private static PrimExpr choose(PrimExpr which, PrimExpr part, int parts, List<PrimExpr> terms) {
    List<PrimExpr> groups = new ArrayList<>();
    for (int i = 0; i < terms.size(); i += parts) {
      groups.add(Axes.choose(part, terms.subList(i, i + parts)));
    }
    return Axes.choose(which, groups);
  }
}
