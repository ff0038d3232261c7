package org.jtvmc.ir.op.tensor;

import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/** Blocks of pixels to channels: {@code [n, c, h * b, w * b]} to {@code [n, b * b * c, h, w]}. */
public final class SpaceToDepth extends TensorOperator {

  public SpaceToDepth() {
    super(
        "space_to_depth",
        FusionKind.INJECTIVE,
        List.of("data"),
        List.of(
            required("block_size", "the side of a block"),
            optional(
                "mode",
                "DCR",
                "whether a pixel's place in its block ('DCR') or its channel"
                    + " ('CRD') comes first in the depth")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    long block = DepthToSpace.blockSize(data, attributes);
    if (!List.of("DCR", "CRD").contains(attributes.text("mode"))) {
      throw new TypeException(
          "has the mode '%s', not DCR or CRD".formatted(attributes.text("mode")));
    }
    for (int i = 2; i < 4; i++) {
      if (data.dim(i).known().stream().anyMatch(size -> size % block != 0)) {
        throw new TypeException(
            "the size %s does not divide into blocks of %d".formatted(data.dim(i), block));
      }
    }
    return data.withShape(
        List.of(
            data.dim(0),
            data.dim(1).times(block * block),
            data.dim(2).floorDiv(block),
            data.dim(3).floorDiv(block)));
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    long block = attributes.integer("block_size");
    List<Axis> axes = Axes.named(List.of("n", "c", "h", "w"), Axes.extents(result));
    PrimExpr depth = axes.get(1).var();
    boolean placeFirst = attributes.text("mode").equals("DCR");
    PrimExpr inBlock = placeFirst ? depth.floorDiv(data.dim(1)) : depth.floorMod(block * block);
    PrimExpr channel = placeFirst ? depth.floorMod(data.dim(1)) : depth.floorDiv(block * block);
    PrimExpr element =
        data.at(
            axes.getFirst().var(),
            channel,
            axes.get(2).var().times(block).plus(inBlock.floorDiv(block)),
            axes.get(3).var().times(block).plus(inBlock.floorMod(block)));
    return List.of(Tensor.map("space_to_depth", axes, element));
  }
}
