package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/** Elements around a tensor, or, where a width is negative, cut off it. ONNX's Pad. */
public final class Pad extends TensorOperator {

  public Pad() {
    super(
        "nn.pad",
        FusionKind.INJECTIVE,
        List.of("data"),
        List.of(
            required("pad_width", "how many before, then behind each dimension"),
            optional("pad_mode", "constant", "'constant', 'reflect', 'edge' or 'wrap'"),
            optional("pad_value", 0.0, "the value where the mode is 'constant'")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    int rank = data.rank();
    List<Long> width = Shapes.each("pad_width", attributes.integers("pad_width"), 2 * rank, 0);
    String mode = attributes.text("pad_mode");
    if (!List.of("constant", "reflect", "edge", "wrap").contains(mode)) {
      throw new TypeException(
          "pad_mode is '%s', but must be 'constant', 'reflect', 'edge' or 'wrap'".formatted(mode));
    }
    List<Dim> shape = new ArrayList<>(rank);
    for (int i = 0; i < rank; i++) {
      if (!mode.equals("constant") && data.dim(i).equals(Dim.of(0))) {
        throw new TypeException("an empty dimension can only be padded by a constant");
      }
      shape.add(data.dim(i).plus(width.get(i) + width.get(i + rank)));
    }
    return data.withShape(shape);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    int rank = data.rank();
    List<Long> width = Shapes.each("pad_width", attributes.integers("pad_width"), 2 * rank, 0);
    List<Long> begin = width.subList(0, rank);
    String mode = attributes.text("pad_mode");
    List<Axis> axes = Axes.of(result);
    if (mode.equals("constant")) {
      List<String> names = axes.stream().map(axis -> axis.var().name()).toList();
      return List.of(
          Padding.constant(
              data, begin, width.subList(rank, 2 * rank), value(attributes, data.dtype()), names));
    }
    List<PrimExpr> indices = new ArrayList<>(rank);
    for (int i = 0; i < rank; i++) {
      PrimExpr index = axes.get(i).var().minus(begin.get(i));
      boolean padded = begin.get(i) > 0 || width.get(i + rank) > 0;
      indices.add(padded ? inside(index, data.dim(i), mode) : index);
    }
    return List.of(Tensor.map("pad", axes, data.at(indices)));
  }

  /** Where in {@code [0, size)} the element at {@code index}, which may be outside, comes from. */
  private static PrimExpr inside(PrimExpr index, PrimExpr size, String mode) {
    PrimExpr last = size.minus(1);
    return switch (mode) {
      case "edge" -> index.max(IntImm.of(0)).min(last);
      case "wrap" -> index.floorMod(size);
      default -> {
        if (IntImm.is(size, 1)) {
          yield IntImm.of(0);
        }
        PrimExpr period = last.times(2);
        PrimExpr inPeriod = index.floorMod(period);
        yield Select.of(inPeriod.lessThan(size), inPeriod, period.minus(inPeriod));
      }
    };
  }

  private static PrimExpr value(Attributes attributes, DType dtype) {
    if (attributes.values().get("pad_value") instanceof AttributeValue.Int(long exact)) {
      return IntImm.of(dtype, exact);
    }
    double value = attributes.real("pad_value");
    return dtype.isFloat() ? new FloatImm(dtype, value) : new IntImm(dtype, (long) value);
  }
}
