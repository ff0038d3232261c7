package org.jtvmc.compiler.onnx.convert;

import static org.jtvmc.ir.op.Shapes.product;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** Images cut, sampled and put together again. */
final class SpatialTransforms {

  private static final long MOST_ELEMENTS = 1L << 28;

  private SpatialTransforms() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.from(20, "AffineGrid", SpatialTransforms::affineGrid),
        Conversion.from(18, "CenterCropPad", SpatialTransforms::centre),
        Conversion.from(18, "Col2Im", SpatialTransforms::columnsToImage),
        Conversion.from(16, "GridSample", SpatialTransforms::gridSample),
        Conversion.from(10, "ReverseSequence", SpatialTransforms::reverseSequence),
        Conversion.from(9, "MaxUnpool", SpatialTransforms::maxUnpool));
  }

  /** The positions, between -1 and 1, that a matrix maps an image's pixels to. */
  private static Expr affineGrid(OnnxNode node) {
    Composer c = new Composer(node);
    List<Long> sizes = node.integers(1, "sizes");
    List<Long> spatial = sizes.subList(2, sizes.size());
    int rank = spatial.size();
    long pixels = spatial.stream().reduce(1L, Math::multiplyExact);
    node.checked(List.of(pixels, rank + 1L), MOST_ELEMENTS);
    boolean corners = node.flag("align_corners", false);
    NDArray grid = NDArray.allocate(TensorType.of(c.dtype(node.input(0)), pixels, rank + 1));
    for (long pixel = 0; pixel < pixels; pixel++) {
      long rest = pixel;
      for (int i = rank - 1; i >= 0; i--) {
        long size = spatial.get(i);
        double at = rest % size;
        rest /= size;
        double position =
            corners ? (size == 1 ? -1 : 2 * at / (size - 1) - 1) : (2 * at + 1) / size - 1;
        // Positions are x, y, z; sizes z, y, x.
        grid.setDouble(pixel * (rank + 1) + rank - 1 - i, position);
      }
      grid.setDouble(pixel * (rank + 1) + rank, 1);
    }
    Expr mapped = c.matmul(node.value(grid), c.transposeLast(node.input(0)));
    List<Long> shape = new ArrayList<>();
    shape.add(sizes.getFirst());
    shape.addAll(spatial);
    shape.add((long) rank);
    return node.reshape(mapped, shape);
  }

  private static Expr centre(OnnxNode node) {
    Composer c = new Composer(node);
    Expr x = node.input(0);
    int rank = c.rank(x);
    List<Long> axes =
        node.integers("axes").orElseGet(() -> LongStream.range(0, rank).boxed().toList());
    List<Long> sizes = node.integers(1, "sizes");
    for (int i = 0; i < axes.size(); i++) {
      int axis = node.axis(axes.get(i), rank);
      long size = c.size(x, axis);
      long wanted = sizes.get(i);
      long begin = Math.abs(size - wanted) / 2;
      if (wanted < size) {
        x = c.slice(x, axis, begin, begin + wanted);
      } else if (wanted > size) {
        List<Long> before = new ArrayList<>(Composer.zeros(rank));
        List<Long> behind = new ArrayList<>(Composer.zeros(rank));
        before.set(axis, begin);
        behind.set(axis, wanted - size - begin);
        x = c.pad(x, before, behind, 0);
      }
    }
    return x;
  }

  private static Expr columnsToImage(OnnxNode node) {
    List<Long> image = node.integers(1, "sizes of the image");
    List<Long> block = node.integers(2, "sizes of a block");
    Windows windows = Windows.of(node, block);
    return node.call(
        "image.columns_to_image",
        windows.attributes().put("image_size", image).put("block_size", block),
        node.input(0));
  }

  private static Expr gridSample(OnnxNode node) {
    String mode =
        switch (node.text("mode", "linear")) {
          case "bilinear", "linear" -> "linear";
          case "bicubic", "cubic" -> "cubic";
          case "nearest" -> "nearest";
          case String other ->
              throw node.fault("samples by '%s', which is not supported".formatted(other));
        };
    return node.call(
        "image.grid_sample",
        Attributes.builder()
            .put("mode", mode)
            .put("padding_mode", node.text("padding_mode", "zeros"))
            .put("align_corners", node.flag("align_corners", false)),
        node.input(0),
        node.input(1));
  }

  /** The first elements of each sequence turned around, the others as they are. */
  private static Expr reverseSequence(OnnxNode node) {
    Composer c = new Composer(node);
    int batchAxis = node.axis(node.integer("batch_axis", 1), node.rank(0));
    int timeAxis = node.axis(node.integer("time_axis", 0), node.rank(0));
    if (batchAxis + timeAxis != 1) {
      throw node.fault("has its batch and time axes not in front");
    }
    Expr x = batchAxis == 0 ? node.input(0) : c.moveAxis(node.input(0), 1, 0);
    Expr lengths = c.expandDims(c.cast(node.input(1), DType.I64), 1);
    Expr time = c.expandDims(c.range(DType.I64, c.size(x, 1)), 0);
    Expr turned = c.subtract(c.add(lengths, -1), time);
    Expr from = c.where(node.call("less", time, lengths), turned, time);
    Expr picked =
        node.call("gather_nd", Attributes.builder().put("batch_dims", 1), x, c.expandDims(from, 2));
    return batchAxis == 0 ? picked : c.moveAxis(picked, 1, 0);
  }

  /** Puts each element where the pooling found it, among zeros. */
  static Expr unpooled(OnnxNode node) {
    Composer c = new Composer(node);
    Expr x = node.input(0);
    List<Long> kernel =
        node.integers("kernel_shape")
            .orElseThrow(() -> node.fault("lacks its attribute 'kernel_shape'"));
    Windows windows = Windows.of(node, kernel);
    List<Dim> shape = new ArrayList<>(c.type(x).shape().subList(0, 2));
    for (int i = 0; i < kernel.size(); i++) {
      shape.add(
          c.type(x)
              .dim(i + 2)
              .plus(-1)
              .times(windows.strides().get(i))
              .plus(kernel.get(i))
              .minus(Dim.of(windows.padBegin().get(i) + windows.padEnd().get(i))));
    }
    OpenSizes sizes = new OpenSizes(node);
    Expr zeros = sizes.full(c.scalar(x, 0), List.of(product(shape)));
    List<Dim> flat = List.of(product(c.type(x).shape()));
    Expr filled =
        node.call(
            "scatter_elements",
            Attributes.builder().put("axis", 0),
            zeros,
            sizes.reshape(node.input(1), flat),
            sizes.reshape(x, flat));
    return sizes.reshape(filled, shape);
  }

  /** The same, with zeros behind where a size is asked for. */
  private static Expr maxUnpool(OnnxNode node) {
    Composer c = new Composer(node);
    Expr image = unpooled(node);
    if (!node.has(2)) {
      return image;
    }
    List<Long> wanted = node.integers(2, "sizes");
    List<Long> shape = c.sizes(image);
    List<Long> behind = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      behind.add(wanted.get(i) - shape.get(i));
    }
    return behind.equals(Collections.nCopies(behind.size(), 0L))
        ? image
        : c.pad(image, Composer.zeros(behind.size()), behind, 0);
  }
}
