package org.jtvmc.ir.op.reduce;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * The largest or smallest elements along an axis, in order, and their positions; of equals the one
 * that comes first. Each element's rank is counted, then each place takes the element of that rank:
 * {@code n * n} comparisons, without any order among them.
 */
public final class TopK extends TensorOperator {

  public TopK() {
    super(
        "topk",
        FusionKind.OPAQUE,
        List.of("data"),
        List.of(
            required("k", "how many elements"),
            optional("axis", -1, "the dimension that is searched"),
            optional("largest", true, "whether the largest are taken and not the smallest")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    long k = attributes.integer("k");
    attributes.bool("largest");
    if (data.dtype().isBool() || data.dtype().isNarrow()) {
      throw new TypeException("is defined for numbers, not for " + data.dtype());
    }
    if (k < 0 || (data.dim(axis).isKnown() && k > data.dim(axis).value())) {
      throw new TypeException("takes %d of %s elements".formatted(k, data.dim(axis)));
    }
    TensorType values = data.withShape(Shapes.replace(data.shape(), axis, Dim.of(k)));
    return new TupleType(List.of(values, values.withDType(DType.I64)));
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    Compare.Op better = attributes.bool("largest") ? Compare.Op.GREATER : Compare.Op.LESS;

    List<Axis> axes = Axes.of(data.shape());
    Axis j = Axis.of("j", data.dim(axis));
    PrimExpr own = data.at(Axes.vars(axes));
    PrimExpr other = data.at(replaced(axes, axis, j.var()));
    PrimExpr before =
        Compare.of(better, other, own)
            .or(other.equalTo(own).and(j.var().lessThan(axes.get(axis).var())));
    Tensor rank =
        Tensor.reduce(
            "topk_rank",
            Reducer.SUM,
            axes,
            List.of(j),
            Select.of(before, IntImm.of(1), IntImm.of(0)));

    List<PrimExpr> extents = Axes.extents(((TupleType) result).fields().getFirst());
    axes = Axes.of(extents);
    j = Axis.of("j", data.dim(axis));
    PrimExpr found = rank.at(replaced(axes, axis, j.var())).equalTo(axes.get(axis).var());
    Tensor positions =
        Tensor.reduce(
            "topk_positions",
            Reducer.SUM,
            axes,
            List.of(j),
            Select.of(found, j.var(), IntImm.of(0)));

    axes = Axes.of(extents);
    PrimExpr last = data.dim(axis).minus(1);
    PrimExpr position = positions.at(Axes.vars(axes)).max(IntImm.of(0)).min(last);
    Tensor values = Tensor.map("topk_values", axes, data.at(replaced(axes, axis, position)));
    return List.of(values, positions);
  }

  private static List<PrimExpr> replaced(List<Axis> axes, int axis, PrimExpr index) {
    List<PrimExpr> indices = new ArrayList<>(Axes.vars(axes));
    indices.set(axis, index);
    return indices;
  }
}
