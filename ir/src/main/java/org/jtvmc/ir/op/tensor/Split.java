package org.jtvmc.ir.op.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/** Cuts a tensor along an axis before each of the given positions; the result is a tuple. */
public final class Split extends TensorOperator {

  public Split() {
    super(
        "split",
        FusionKind.INJECTIVE,
        List.of("data"),
        List.of(
            required("indices", "where parts after the first begin, ascending"),
            optional("axis", 0, "the dimension that is cut")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    List<Type> parts = new ArrayList<>();
    long begin = 0;
    for (long cut : attributes.integers("indices")) {
      boolean outside = data.dim(axis).known().stream().anyMatch(size -> cut > size);
      if (cut < begin || outside) {
        throw new TypeException(
            "indices %s do not ascend within the size %s"
                .formatted(attributes.integers("indices"), data.dim(axis)));
      }
      parts.add(data.withShape(Shapes.replace(data.shape(), axis, Dim.of(cut - begin))));
      begin = cut;
    }
    Dim rest = data.dim(axis).plus(-begin);
    parts.add(data.withShape(Shapes.replace(data.shape(), axis, rest)));
    return new TupleType(parts);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    List<Long> begins = new ArrayList<>(List.of(0L));
    begins.addAll(attributes.integers("indices"));
    List<Tensor> parts = new ArrayList<>();
    for (Type part : ((TupleType) result).fields()) {
      List<Axis> axes = Axes.of(part);
      List<PrimExpr> indices = new ArrayList<>(Axes.vars(axes));
      indices.set(axis, axes.get(axis).var().plus(begins.get(parts.size())));
      parts.add(Tensor.map("split" + parts.size(), axes, data.at(indices)));
    }
    return parts;
  }
}
