package org.jtvmc.ir.op.host;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * Regions of images, each scaled to one size: the mean, or the greatest, of samples that are
 * interpolated linearly (He et al., "Mask R-CNN", 2017). How many samples a region takes depends on
 * how large it is.
 *
 * <p>Arguments: data {@code float32 (n, c, h, w)}; regions {@code float32 (r, 4)}, left, top,
 * right, bottom; the image of each, {@code int64 (r)}. Result {@code float32 (r, c, height,
 * width)}.
 */
public final class RoiAlign extends FillingKernel {

  public RoiAlign() {
    super(
        "roi_align",
        List.of("data", "regions", "images"),
        List.of(
            optional("mode", "avg", "'avg' or 'max'"),
            required("height", "of the result"),
            required("width", "of the result"),
            optional("sampling_ratio", 0, "samples each way for a pixel; 0 for as many as pixels"),
            optional("spatial_scale", 1.0, "from the regions' units to pixels"),
            optional("half_pixel", true, "whether pixels' centres are at halves")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.get(0);
    TensorType regions = arguments.get(1);
    boolean fits =
        data.rank() == 4
            && regions.rank() == 2
            && !Shapes.conflict(regions.dim(1), Dim.of(4))
            && !Shapes.conflict(Shapes.product(arguments.get(2).shape()), regions.dim(0));
    if (!fits || !data.dtype().equals(DType.F32) || !regions.dtype().equals(DType.F32)) {
      throw new TypeException("cannot take regions %s of %s".formatted(regions, data));
    }
    if (!List.of("avg", "max").contains(attributes.text("mode"))) {
      throw new TypeException("has the mode '%s'".formatted(attributes.text("mode")));
    }
    return new TensorType(
        List.of(
            regions.dim(0),
            data.dim(1),
            Dim.of(attributes.integer("height")),
            Dim.of(attributes.integer("width"))),
        DType.F32);
  }

  @Override
  List<Dim> sizes(List<TensorType> inputs, Attributes attributes, Type result) {
    List<Dim> sizes = new ArrayList<>(inputs.getFirst().shape());
    sizes.add(inputs.get(1).dim(0));
    sizes.add(Dim.of(attributes.integer("height")));
    sizes.add(Dim.of(attributes.integer("width")));
    sizes.add(Dim.of(Math.max(0, attributes.integer("sampling_ratio"))));
    sizes.add(flag(attributes.text("mode").equals("max")));
    sizes.add(flag(attributes.bool("half_pixel")));
    return sizes;
  }

  /** The scale, a double's bits. */
  @Override
  public List<Long> table(Attributes attributes) {
    return List.of(Double.doubleToRawLongBits(complete(attributes).real("spatial_scale")));
  }

  @Override
  void compute(List<NDArray> inputs, Attributes attributes, List<NDArray> results) {
    List<Long> data = inputs.getFirst().type().sizes();
    long height = attributes.integer("height");
    long width = attributes.integer("width");
    for (long region = 0; region < inputs.get(1).type().dim(0).value(); region++) {
      long image = inputs.get(2).getLong(region);
      if (image < 0 || image >= data.get(0)) {
        throw new IndexOutOfBoundsException("there is no image " + image);
      }
      Grid rows = grid(inputs.get(1), region * 4 + 1, height, attributes);
      Grid columns = grid(inputs.get(1), region * 4, width, attributes);
      for (long c = 0; c < data.get(1); c++) {
        for (long y = 0; y < height; y++) {
          for (long x = 0; x < width; x++) {
            double value =
                sample(
                    inputs.getFirst(),
                    image * data.get(1) + c,
                    rows,
                    y,
                    columns,
                    x,
                    attributes.text("mode").equals("max"));
            long at = ((region * data.get(1) + c) * height + y) * width + x;
            results.getFirst().setDouble(at, value);
          }
        }
      }
    }
  }

  /** Along one dimension: where a region starts, how wide a pixel is, how many samples it takes. */
  private record Grid(float start, float step, long samples) {
    float at(long pixel, long sample) {
      return start + pixel * step + (sample + 0.5f) * step / samples;
    }
  }

  private static Grid grid(NDArray regions, long first, long pixels, Attributes attributes) {
    float scale = (float) attributes.real("spatial_scale");
    boolean half = attributes.bool("half_pixel");
    float start = (float) regions.getDouble(first) * scale - (half ? 0.5f : 0);
    float end = (float) regions.getDouble(first + 2) * scale - (half ? 0.5f : 0);
    float length = half ? end - start : Math.max(end - start, 1);
    long ratio = attributes.integer("sampling_ratio");
    long samples = ratio > 0 ? ratio : (long) Math.ceil(length / pixels);
    return new Grid(start, length / pixels, Math.max(0, samples));
  }

  private static double sample(
      NDArray data, long plane, Grid rows, long y, Grid columns, long x, boolean greatest) {
    long height = data.type().dim(2).value();
    long width = data.type().dim(3).value();
    double sum = 0;
    double most = Double.NEGATIVE_INFINITY;
    for (long i = 0; i < rows.samples; i++) {
      for (long j = 0; j < columns.samples; j++) {
        float row = rows.at(y, i);
        float column = columns.at(x, j);
        if (row < -1 || row > height || column < -1 || column > width) {
          most = Math.max(most, 0);
          continue;
        }
        float r = Math.min(Math.max(row, 0), height - 1);
        float s = Math.min(Math.max(column, 0), width - 1);
        long top = (long) r;
        long left = (long) s;
        double[] terms = {
          (1 - (r - top)) * (1 - (s - left)) * pixel(data, plane, top, left),
          (1 - (r - top)) * (s - left) * pixel(data, plane, top, left + 1),
          (r - top) * (1 - (s - left)) * pixel(data, plane, top + 1, left),
          (r - top) * (s - left) * pixel(data, plane, top + 1, left + 1)
        };
        for (double term : terms) {
          sum += term;
          most = Math.max(most, term);
        }
      }
    }
    long count = rows.samples * columns.samples;
    if (greatest) {
      return count == 0 ? 0 : most;
    }
    return sum / Math.max(1, count);
  }

  private static double pixel(NDArray data, long plane, long row, long column) {
    long height = data.type().dim(2).value();
    long width = data.type().dim(3).value();
    return data.getDouble(
        (plane * height + Math.min(row, height - 1)) * width + Math.min(column, width - 1));
  }
}
