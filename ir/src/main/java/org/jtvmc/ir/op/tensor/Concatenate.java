package org.jtvmc.ir.op.tensor;

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
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/** Tensors one behind the other along an axis. */
public final class Concatenate extends TensorOperator {

  public Concatenate() {
    super(
        "concatenate",
        FusionKind.INJECTIVE,
        List.of("parts"),
        List.of(optional("axis", 0, "the dimension that grows")));
  }

  @Override
  protected boolean isVariadic() {
    return true;
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType first = arguments.getFirst();
    Shapes.commonDType(arguments);
    int axis = Shapes.axis(attributes.integer("axis"), first.rank());
    Dim total = first.dim(axis);
    for (TensorType part : arguments.subList(1, arguments.size())) {
      if (part.rank() != first.rank()) {
        throw new TypeException("%s and %s differ in rank".formatted(first, part));
      }
      Shapes.requireShape(part, "part", Shapes.replace(first.shape(), axis, part.dim(axis)));
      total = total.plus(part.dim(axis));
    }
    return first.withShape(Shapes.replace(first.shape(), axis, total));
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    List<Axis> axes = Axes.of(result);
    int axis = Shapes.axis(attributes.integer("axis"), axes.size());
    PrimExpr position = axes.get(axis).var();
    List<PrimExpr> begins = new ArrayList<>();
    PrimExpr begin = IntImm.of(0);
    for (Tensor input : inputs) {
      begins.add(begin);
      begin = begin.plus(input.dim(axis));
    }
    PrimExpr value = null;
    for (int i = inputs.size() - 1; i >= 0; i--) {
      List<PrimExpr> indices = new ArrayList<>(Axes.vars(axes));
      indices.set(axis, position.minus(begins.get(i)));
      PrimExpr part = inputs.get(i).at(indices);
      value = value == null ? part : Select.of(position.lessThan(begins.get(i + 1)), part, value);
    }
    return List.of(Tensor.map("concatenate", axes, value));
  }
}
