package org.jtvmc.ir.op.tensor;

import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * Channels to blocks of pixels: data {@code [n, c * b * b, h, w]} to {@code [n, c, h * b, w * b]}.
 * In mode 'DCR' the position in the block is the outer part of the channel, in 'CRD' the inner.
 */
public final class DepthToSpace extends TensorOperator {

  public DepthToSpace() {
    super(
        "depth_to_space",
        FusionKind.INJECTIVE,
        List.of("data"),
        List.of(
            required("block_size", "the side of a block"),
            optional("mode", "DCR", "'DCR' or 'CRD'")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    String mode = attributes.text("mode");
    if (!mode.equals("DCR") && !mode.equals("CRD")) {
      throw new TypeException("mode is '%s', but must be 'DCR' or 'CRD'".formatted(mode));
    }
    long block = blockSize(data, attributes);
    if (data.dim(1).known().stream().anyMatch(c -> c % (block * block) != 0)) {
      throw new TypeException(
          "%s channels do not divide into blocks of %d x %d".formatted(data.dim(1), block, block));
    }
    return data.withShape(
        List.of(
            data.dim(0),
            data.dim(1).floorDiv(block * block),
            data.dim(2).times(block),
            data.dim(3).times(block)));
  }

  static long blockSize(TensorType data, Attributes attributes) {
    if (data.rank() != 4) {
      throw new TypeException("the data must have 4 dimensions and is " + data);
    }
    long block = attributes.integer("block_size");
    if (block < 1) {
      throw new TypeException("block_size is %d, but must be positive".formatted(block));
    }
    return block;
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    long block = attributes.integer("block_size");
    Dim channels = ((TensorType) result).dim(1);
    List<Axis> axes = Axes.named(List.of("n", "c", "h", "w"), Axes.extents(result));
    PrimExpr c = axes.get(1).var();
    PrimExpr h = axes.get(2).var();
    PrimExpr w = axes.get(3).var();
    PrimExpr inBlock = h.floorMod(block).times(block).plus(w.floorMod(block));
    PrimExpr depth =
        attributes.text("mode").equals("DCR")
            ? inBlock.times(channels.value()).plus(c)
            : c.times(block * block).plus(inBlock);
    PrimExpr element =
        inputs.getFirst().at(axes.getFirst().var(), depth, h.floorDiv(block), w.floorDiv(block));
    return List.of(Tensor.map("depth_to_space", axes, element));
  }
}
