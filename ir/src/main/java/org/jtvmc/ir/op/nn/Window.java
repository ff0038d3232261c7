package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.SizeAssumptions;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TypeException;

/**
 * How a window slides over the spatial dimensions of convolutions and pooling. All lists have one
 * entry per spatial dimension.
 *
 * @param kernel the window's size
 * @param padBegin what is put before the first element; may be negative
 * @param padEnd what is put behind the last element; may be negative
 * @param dilation the distance between neighbours in the window
 */
record Window(
    List<Long> kernel,
    List<Long> strides,
    List<Long> padBegin,
    List<Long> padEnd,
    List<Long> dilation) {

  /**
   * Reads the attributes {@code strides}, {@code padding} (begins, then ends), {@code dilation}.
   */
  static Window of(List<Long> kernel, Attributes attributes) {
    int rank = kernel.size();
    List<Long> padding = Shapes.each("padding", attributes.integers("padding"), 2 * rank, 0);
    return new Window(
        kernel,
        Shapes.eachAtLeast("strides", attributes.integers("strides"), rank, 1, 1),
        padding.subList(0, rank),
        padding.subList(rank, 2 * rank),
        Shapes.eachAtLeast("dilation", attributes.integers("dilation"), rank, 1, 1));
  }

  int rank() {
    return kernel.size();
  }

  boolean isPadded() {
    return !padBegin.stream().allMatch(p -> p == 0) || !padEnd.stream().allMatch(p -> p == 0);
  }

  /** The distance from the window's first to behind its last element. */
  long reach(int i) {
    return (kernel.get(i) - 1) * dilation.get(i) + 1;
  }

  /**
   * How many positions the window takes.
   *
   * @param ceil true where a last window that is partly outside counts, unless it would start in
   *     the padding at the end
   * @throws TypeException where the window does not fit at all
   */
  Dim outputSize(int i, Dim input, boolean ceil) {
    Dim padded = input.plus(padBegin.get(i)).plus(padEnd.get(i));
    long stride = strides.get(i);
    if (!padded.isKnown()) {
      Dim room = padded.plus(-reach(i));
      SizeAssumptions.natural(room);
      if (!ceil) {
        return room.floorDiv(stride).plus(1);
      }
      Dim all = room.plus(stride - 1).floorDiv(stride).plus(1);
      Dim inside = input.plus(padBegin.get(i)).plus(stride - 1).floorDiv(stride);
      return Dim.derive(Dim.Operation.MIN, all, inside);
    }
    long room = padded.value() - reach(i);
    if (room < 0) {
      throw new TypeException(
          "a window of %d (dilation %d) does not fit into the padded size %s"
              .formatted(kernel.get(i), dilation.get(i), padded));
    }
    long count = (ceil ? Math.ceilDiv(room, stride) : room / stride) + 1;
    if (ceil && (count - 1) * stride >= input.value() + padBegin.get(i)) {
      count--;
    }
    return Dim.of(count);
  }

  List<Dim> outputSizes(List<Dim> inputs, boolean ceil) {
    List<Dim> sizes = new ArrayList<>(rank());
    for (int i = 0; i < rank(); i++) {
      sizes.add(outputSize(i, inputs.get(i), ceil));
    }
    return sizes;
  }

  /** The positions in the padded input: {@code out * stride + k * dilation}. */
  List<PrimExpr> positions(List<? extends PrimExpr> outputs, List<? extends PrimExpr> inWindow) {
    List<PrimExpr> positions = new ArrayList<>(rank());
    for (int i = 0; i < rank(); i++) {
      positions.add(
          outputs.get(i).times(strides.get(i)).plus(inWindow.get(i).times(dilation.get(i))));
    }
    return positions;
  }
}
