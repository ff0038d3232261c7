package org.jtvmc.ir.op.tensor;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/** {@code start, start + step, ...} up to before {@code stop}. */
public final class Arange extends TensorOperator {

  public Arange() {
    super(
        "arange",
        FusionKind.INJECTIVE,
        List.of(),
        List.of(
            required("stop", "before which the sequence ends"),
            required("dtype", "the element type of the result"),
            optional("start", 0, "the first element"),
            optional("step", 1, "the difference of neighbours")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    DType dtype = attributes.dtype("dtype");
    if (dtype.isBool()) {
      throw new TypeException("a sequence of bool makes no sense");
    }
    Optional<Dim> open = openCount(attributes);
    if (open.isPresent()) {
      return new TensorType(List.of(open.get()), dtype);
    }
    double step = attributes.real("step");
    if (step == 0) {
      throw new TypeException("step is 0");
    }
    double count = Math.ceil((attributes.real("stop") - attributes.real("start")) / step);
    return TensorType.of(dtype, (long) Math.max(0, count));
  }

  /** The number of elements where an end is known only at run time; no other step than 1 then. */
  private static Optional<Dim> openCount(Attributes attributes) {
    if (!attributes.hasOpenSizes()) {
      return Optional.empty();
    }
    Optional<Dim> start = attributes.size("start");
    Optional<Dim> stop = attributes.size("stop");
    Optional<Dim> step = attributes.size("step");
    if (start.isEmpty() || stop.isEmpty() || !step.equals(Optional.of(Dim.of(1)))) {
      throw new TypeException(
          "a sequence from %s to %s in steps of %s has no size that can be told"
              .formatted(
                  attributes.values().get("start"),
                  attributes.values().get("stop"),
                  attributes.values().get("step")));
    }
    return Optional.of(Dim.derive(Dim.Operation.MAX, stop.get().minus(start.get()), Dim.of(0)));
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    DType dtype = attributes.dtype("dtype");
    List<Axis> axes = Axes.of(result);
    PrimExpr offset =
        axes.getFirst().var().cast(dtype).times(Literal.of(attributes, "step", dtype));
    return List.of(Tensor.map("arange", axes, offset.plus(Literal.of(attributes, "start", dtype))));
  }
}
