package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.Dim;

/** Images put together, of which only the run knows how large they are. */
final class OpenImages {

  private final OnnxNode node;
  private final OpenSizes sizes;
  private final Composer c;

  private OpenImages(OnnxNode node) {
    this.node = node;
    this.sizes = new OpenSizes(node);
    this.c = sizes.c();
  }

  /** What a pooling gave, put back, and then cut or filled with zeros to the size that is asked. */
  static Expr maxUnpool(OnnxNode node) {
    OpenImages images = new OpenImages(node);
    Expr image = SpatialTransforms.unpooled(node);
    List<Optional<Dim>> expected = new ArrayList<>();
    for (Dim size : node.type(image).shape().subList(0, 2)) {
      expected.add(Optional.of(size));
    }
    while (expected.size() < node.rank(0)) {
      expected.add(Optional.empty());
    }
    List<Dim> shape = images.sizes.decide(images.sizes.vector(2), expected);
    for (int axis = 2; axis < shape.size(); axis++) {
      Expr places = images.sizes.positions(shape.get(axis));
      image = images.sizes.picked(image, axis, places, Optional.of(images.c.scalar(image, 0)));
    }
    return image;
  }

  /**
   * Overlapping blocks added up. One dimension after the other: a pixel is the sum, over the places
   * in a block, of what the block has there that would bring this place to the pixel.
   */
  static Expr columnsToImage(OnnxNode node) {
    return new OpenImages(node).columns();
  }

  private Expr columns() {
    Expr image = sizes.vector(1);
    Expr block = sizes.vector(2);
    int rank = Math.toIntExact(c.size(image, 0));
    List<Long> strides = Windows.list(node, "strides", rank, 1);
    List<Long> dilations = Windows.list(node, "dilations", rank, 1);
    List<Long> pads = Windows.list(node, "pads", 2 * rank, 0);
    Expr begin = sizes.vector(pads.subList(0, rank));
    Expr padded = c.add(c.add(image, begin), sizes.vector(pads.subList(rank, 2 * rank)));
    Expr reach = c.add(c.multiply(c.add(block, -1), sizes.vector(dilations)), 1);
    Expr stride = sizes.vector(strides);
    Expr rest = c.subtract(padded, reach);
    Expr whole = c.subtract(rest, node.call("mod", rest, stride));
    Expr blocks = c.add(c.divide(whole, stride), 1);
    Expr given = node.shape(node.type(0).shape());
    Expr channels = c.divide(c.slice(given, 0, 1, 2), c.reduce("prod", block, true, 0));
    List<Dim> dims = sizes.decide(c.concat(0, channels, block, blocks, image));
    List<Dim> shape = new ArrayList<>(List.of(node.type(0).dim(0)));
    shape.addAll(dims.subList(0, 1 + 2 * rank));
    Expr value = sizes.reshape(node.input(0), shape);
    for (int i = 0; i < rank; i++) {
      Line line =
          new Line(
              dims.get(1 + i),
              dims.get(1 + rank + i),
              dims.get(1 + 2 * rank + i),
              strides.get(i),
              dilations.get(i),
              pads.get(i));
      // Behind the pixels come the places in blocks, and behind these the blocks.
      value = line.added(c.moveAxis(value, 2 + rank, 3 + i), 2 + i);
    }
    return value;
  }

  /** One dimension. */
  private final class Line {
    private final Dim block;
    private final Dim blocks;
    private final Dim pixels;
    private final long stride;
    private final long dilation;
    private final long pad;

    Line(Dim block, Dim blocks, Dim pixels, long stride, long dilation, long pad) {
      this.block = block;
      this.blocks = blocks;
      this.pixels = pixels;
      this.stride = stride;
      this.dilation = dilation;
      this.pad = pad;
    }

    /** The pixels along an axis, of the places in a block along it and the blocks behind it. */
    Expr added(Expr value, int axis) {
      Expr pixel = c.expandDims(c.add(sizes.positions(pixels), pad), 1);
      Expr place = sizes.positions(block);
      Expr moved = c.subtract(pixel, c.multiply(place, dilation));
      Expr from = c.divide(moved, c.scalar(moved, stride));
      Expr count = sizes.number(blocks);
      Expr isThere =
          and(
              and(
                  node.call("greater_equal", moved, c.scalar(moved, 0)),
                  node.call("equal", c.multiply(from, stride), moved)),
              node.call("less", from, count));
      Expr at = c.where(isThere, c.add(c.multiply(place, count), from), c.scalar(from, 0));
      List<Dim> shape = new ArrayList<>(c.type(value).shape());
      shape.remove(axis + 1);
      shape.set(axis, block.times(blocks));
      Expr taken = c.take(sizes.reshape(value, shape), at, axis);
      List<Long> behind = LongStream.range(2, c.rank(taken) - axis).boxed().toList();
      Expr mask =
          behind.isEmpty()
              ? isThere
              : node.call("expand_dims", Attributes.builder().put("axes", behind), isThere);
      return c.reduce("sum", c.where(mask, taken, c.scalar(taken, 0)), false, axis + 1);
    }

    private Expr and(Expr a, Expr b) {
      return node.call("logical_and", a, b);
    }
  }
}
