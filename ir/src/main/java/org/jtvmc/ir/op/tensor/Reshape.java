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
    List<Long> wanted = attributes.integers("newshape");
    List<Dim> shape = new ArrayList<>(wanted.size());
    int inferred = -1;
    for (int i = 0; i < wanted.size(); i++) {
      long size = wanted.get(i);
      if (size == -1) {
        if (inferred >= 0) {
          throw new TypeException("newshape %s has more than one -1".formatted(wanted));
        }
        inferred = i;
        shape.add(Dim.of(1));
      } else if (size == 0 && !attributes.bool("allow_zero")) {
        if (i >= data.rank()) {
          throw new TypeException(
              "newshape %s copies dimension %d of %s".formatted(wanted, i, data));
        }
        shape.add(data.dim(i));
      } else {
        shape.add(Dim.of(size));
      }
    }
    if (inferred >= 0) {
      shape.set(inferred, remaining(data, shape, wanted));
    } else if (data.isStatic()
        && shape.stream().allMatch(Dim::isKnown)
        && data.elements() != data.withShape(shape).elements()) {
      throw new TypeException(
          "%d elements do not fill the shape %s".formatted(data.elements(), shape));
    }
    return data.withShape(shape);
  }

  /** The data's elements divided by those of the other dimensions; equal dimensions cancel. */
  private static Dim remaining(TensorType data, List<Dim> others, List<Long> wanted) {
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
    return Dim.derive(Dim.Operation.FLOOR_DIVIDE, whole, part);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    return List.of(Reindexing.reshape(inputs.getFirst(), (TensorType) result, "reshape"));
  }
}
