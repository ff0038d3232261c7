package org.jtvmc.ir.op.image;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
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
 * Adds up overlapping blocks to an image: {@code [n, channels * block, positions]} gives {@code [n,
 * channels, image...]}. ONNX's Col2Im.
 */
public final class ColumnsToImage extends TensorOperator {

  public ColumnsToImage() {
    super(
        "image.columns_to_image",
        FusionKind.REDUCTION,
        List.of("data"),
        List.of(
            required("image_size", "the image's sizes"),
            required("block_size", "a block's sizes"),
            optionalList("strides", "from block to block; 1"),
            optionalList("padding", "what is cut off, before, then behind; 0"),
            optionalList("dilation", "the distance of neighbours in a block; 1")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    List<Long> block = attributes.integers("block_size");
    long elements = block.stream().reduce(1L, Math::multiplyExact);
    if (data.rank() != 3
        || block.size() != attributes.integers("image_size").size()
        || elements < 1
        || data.dim(1).value() % elements != 0) {
      throw new TypeException("blocks of %s do not fit %s".formatted(block, data));
    }
    long positions = 1;
    for (int i = 0; i < block.size(); i++) {
      positions *= blocks(attributes, i);
    }
    if (positions != data.dim(2).value()) {
      throw new TypeException(
          "%s blocks are given where the image has %d".formatted(data.dim(2), positions));
    }
    List<Dim> shape = new ArrayList<>();
    shape.add(data.dim(0));
    shape.add(data.dim(1).floorDiv(elements));
    attributes.integers("image_size").forEach(size -> shape.add(Dim.of(size)));
    return data.withShape(shape);
  }

  private static long value(Attributes attributes, String name, int i, int count, long otherwise) {
    return Shapes.each(name, attributes.integers(name), count, otherwise).get(i);
  }

  /** How many blocks there are along a dimension. */
  private static long blocks(Attributes attributes, int i) {
    int rank = attributes.integers("block_size").size();
    long padded =
        attributes.integers("image_size").get(i)
            + value(attributes, "padding", i, 2 * rank, 0)
            + value(attributes, "padding", rank + i, 2 * rank, 0);
    long reach =
        value(attributes, "dilation", i, rank, 1) * (attributes.integers("block_size").get(i) - 1)
            + 1;
    return Math.floorDiv(padded - reach, value(attributes, "strides", i, rank, 1)) + 1;
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    List<Long> block = attributes.integers("block_size");
    int rank = block.size();
    List<Axis> axes = Axes.of(result);
    List<Axis> inBlock = new ArrayList<>();
    PrimExpr inside = IntImm.TRUE;
    PrimExpr row = axes.get(1).var();
    PrimExpr column = IntImm.of(0);
    for (int i = 0; i < rank; i++) {
      Axis k = Axis.of("k" + i, block.get(i));
      inBlock.add(k);
      PrimExpr from =
          axes.get(i + 2)
              .var()
              .plus(value(attributes, "padding", i, 2 * rank, 0))
              .minus(k.var().times(value(attributes, "dilation", i, rank, 1)));
      long stride = value(attributes, "strides", i, rank, 1);
      long count = blocks(attributes, i);
      PrimExpr at = from.floorDiv(stride);
      inside =
          inside
              .and(from.floorMod(stride).equalTo(IntImm.of(0)))
              .and(at.atLeast(0))
              .and(at.lessThan(count));
      row = row.times(block.get(i)).plus(k.var());
      column = column.times(count).plus(at);
    }
    PrimExpr element = data.at(axes.get(0).var(), row, column);
    PrimExpr zero = IntImm.of(data.dtype(), 0);
    return List.of(
        Tensor.reduce(
            "columns_to_image", Reducer.SUM, axes, inBlock, Select.of(inside, element, zero)));
  }
}
