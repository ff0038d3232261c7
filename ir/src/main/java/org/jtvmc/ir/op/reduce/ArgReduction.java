package org.jtvmc.ir.op.reduce;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * The position of the largest or smallest element along an axis, of the first or the last one where
 * several are equal; of the first or last NaN where there is one. In two reductions: the extreme
 * value, then the position where it is found.
 */
public final class ArgReduction extends TensorOperator {
  private final Reducer reducer;

  private ArgReduction(String name, Reducer reducer) {
    super(
        name,
        FusionKind.REDUCTION,
        List.of("data"),
        List.of(
            required("axis", "the dimension that is searched"),
            optional("keepdims", false, "whether that dimension stays as 1"),
            optional("select_last_index", false, "whether the last of equals is taken")));
    this.reducer = reducer;
  }

  /** Both. */
  public static List<Operator> all() {
    return List.of(
        new ArgReduction("argmax", Reducer.MAX), new ArgReduction("argmin", Reducer.MIN));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    if (data.dtype().isBool()) {
      throw new TypeException("is defined for numbers, not for bool");
    }
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    if (data.dim(axis).equals(Dim.of(0))) {
      throw new TypeException("there is nothing to search in an empty dimension");
    }
    List<Dim> shape = Shapes.reduce(data.shape(), List.of(axis), attributes.bool("keepdims"));
    return new TensorType(shape, DType.I64);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    boolean keep = attributes.bool("keepdims");
    boolean last = attributes.bool("select_last_index");

    List<Axis> axes = Axes.of(result);
    Axis k = Axis.of("k", data.dim(axis));
    Tensor extreme =
        Tensor.reduce(
            name() + "_value",
            reducer,
            axes,
            List.of(k),
            data.at(indices(axes, axis, keep, k.var())));

    axes = Axes.of(result);
    Axis j = Axis.of("k", data.dim(axis));
    PrimExpr element = data.at(indices(axes, axis, keep, j.var()));
    PrimExpr found = element.equalTo(extreme.at(Axes.vars(axes)));
    if (data.dtype().isFloat()) {
      found = found.or(Intrinsic.of(IntrinsicOp.IS_NAN, element));
    }
    PrimExpr none = last ? IntImm.of(-1) : j.extent();
    return List.of(
        Tensor.reduce(
            name(),
            last ? Reducer.MAX : Reducer.MIN,
            axes,
            List.of(j),
            Select.of(found, j.var(), none)));
  }

  private static List<PrimExpr> indices(
      List<Axis> axes, int axis, boolean keep, PrimExpr position) {
    List<PrimExpr> indices = new ArrayList<>(Axes.vars(axes));
    if (keep) {
      indices.set(axis, position);
    } else {
      indices.add(axis, position);
    }
    return indices;
  }
}
