package org.jtvmc.ir.op.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/** The same elements in row-major order under another shape. */
public final class Reshape extends TensorOperator {

  /** Stands for the -1; printed as it. */
  private static final Dim INFERRED = new Dim.Symbol("-1", 0, Dim.MOST, 1);

  public Reshape() {
    super(
        "reshape",
        FusionKind.INJECTIVE,
        List.of("data"),
        List.of(
            required("newshape", "the sizes; 0 copies the data's, one -1 is what remains"),
            optional("allow_zero", false, "whether a 0 is an empty dimension instead")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    // A -1 counts as 1 until the others are known.
    List<Dim> wanted = attributes.sizes("newshape", size -> size == -1 ? INFERRED : Dim.of(size));
    List<Dim> shape = new ArrayList<>(wanted.size());
    int inferred = wanted.indexOf(INFERRED);
    if (inferred != wanted.lastIndexOf(INFERRED)) {
      throw new TypeException("newshape %s has more than one -1".formatted(wanted));
    }
    for (int i = 0; i < wanted.size(); i++) {
      Dim size = wanted.get(i);
      if (i == inferred) {
        shape.add(Dim.of(1));
      } else if (size.equals(Dim.of(0)) && !attributes.bool("allow_zero")) {
        if (i >= data.rank()) {
          throw new TypeException(
              "newshape %s copies dimension %d of %s".formatted(wanted, i, data));
        }
        shape.add(data.dim(i));
      } else {
        shape.add(size);
      }
    }
    if (inferred >= 0) {
      shape.set(inferred, remaining(data, shape, wanted));
    } else if (Shapes.conflict(Shapes.product(data.shape()), Shapes.product(shape))) {
      throw new TypeException(
          "%d elements do not fill the shape %s".formatted(data.elements(), shape));
    }
    return data.withShape(shape);
  }

  /** The data's elements divided by those of the other dimensions; equal dimensions cancel. */
  private static Dim remaining(TensorType data, List<Dim> others, List<Dim> wanted) {
    List<Dim> numerator = new ArrayList<>(data.shape());
    List<Dim> denominator = new ArrayList<>();
    for (Dim other : others) {
      if (!numerator.remove(other)) {
        denominator.add(other);
      }
    }
    Dim whole = Shapes.product(numerator);
    Dim part = Shapes.product(denominator);
    if (part.equals(Dim.of(0))) {
      throw new TypeException("newshape %s leaves its -1 undetermined".formatted(wanted));
    }
    if (whole.isKnown() && part.isKnown() && whole.value() % part.value() != 0) {
      throw new TypeException(
          "the elements of %s do not divide into newshape %s".formatted(data, wanted));
    }
    Dim remaining = Dim.derive(Dim.Operation.FLOOR_DIVIDE, whole, part);
    Shapes.conflict(remaining.times(part), whole);
    return remaining;
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    return List.of(Reindexing.reshape(inputs.getFirst(), (TensorType) result, "reshape"));
  }
}
