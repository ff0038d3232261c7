package org.jtvmc.ir.op.reduce;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.expr.Sizes;
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
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * The sums, or products, of all elements up to each one along an axis.
 *
 * <p>Tensor expressions have no order, so every sum is one of its own; in blocks of about the
 * square root of the length, which takes {@code n * sqrt(n)} additions: sums inside a block, sums
 * of whole blocks, sums of the blocks before.
 */
public final class CumulativeSum extends TensorOperator {

  private final Reducer reducer;

  private CumulativeSum(String name, Reducer reducer) {
    super(
        name,
        FusionKind.OPAQUE,
        List.of("data"),
        List.of(
            required("axis", "the dimension along which is summed"),
            optional("exclusive", false, "whether an element is left out of its own sum"),
            optional("reverse", false, "whether the sums start at the end")));
    this.reducer = reducer;
  }

  /** Both. */
  public static List<Operator> all() {
    return List.of(
        new CumulativeSum("cumsum", Reducer.SUM), new CumulativeSum("cumprod", Reducer.PRODUCT));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    if (data.dtype().isBool()) {
      throw new TypeException("is defined for numbers, not for bool");
    }
    Shapes.axis(attributes.integer("axis"), data.rank());
    return data;
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    boolean reverse = attributes.bool("reverse");
    Compare.Op included = attributes.bool("exclusive") ? Compare.Op.LESS : Compare.Op.LESS_EQUAL;
    DType dtype = data.dtype();
    DType accumulator = dtype.isFloat() && dtype.bits() < 32 ? DType.F32 : dtype;
    PrimExpr neutral = reducer.identity(accumulator);
    PrimExpr length = data.dim(axis);
    long block = Math.max(1, (long) Math.ceil(Math.sqrt(Sizes.usual(length))));
    PrimExpr blocks = Sizes.canonical(length.plus(block - 1).floorDiv(block));

    List<Axis> axes = Axes.of(data.shape());
    PrimExpr position = ordered(axes.get(axis).var(), length, reverse);
    Axis j = Axis.of("j", block);
    PrimExpr candidate = position.floorDiv(block).times(block).plus(j.var());
    PrimExpr element =
        data.at(replaced(axes, axis, ordered(candidate, length, reverse))).cast(accumulator);
    Tensor inside =
        Tensor.reduce(
            name() + "_inside",
            reducer,
            axes,
            List.of(j),
            Select.of(Compare.of(included, candidate, position), element, neutral));

    List<PrimExpr> blockExtents = new ArrayList<>(data.shape());
    blockExtents.set(axis, blocks);
    axes = Axes.of(blockExtents);
    j = Axis.of("j", block);
    PrimExpr member = axes.get(axis).var().times(block).plus(j.var());
    element = data.at(replaced(axes, axis, ordered(member, length, reverse))).cast(accumulator);
    Tensor whole =
        Tensor.reduce(
            name() + "_block",
            reducer,
            axes,
            List.of(j),
            Select.of(member.lessThan(length), element, neutral));

    axes = Axes.of(blockExtents);
    Axis b = Axis.of("b", blocks);
    Tensor before =
        Tensor.reduce(
            name() + "_before",
            reducer,
            axes,
            List.of(b),
            Select.of(
                b.var().lessThan(axes.get(axis).var()),
                whole.at(replaced(axes, axis, b.var())),
                neutral));

    axes = Axes.of(data.shape());
    position = ordered(axes.get(axis).var(), length, reverse);
    PrimExpr total =
        reducer.combine(
            before.at(replaced(axes, axis, position.floorDiv(block))), inside.at(Axes.vars(axes)));
    return List.of(Tensor.map(name(), axes, total.cast(dtype)));
  }

  /** The position counted from where the sums start; its own inverse. */
  private static PrimExpr ordered(PrimExpr position, PrimExpr length, boolean reverse) {
    return reverse ? length.minus(1).minus(position) : position;
  }

  private static List<PrimExpr> replaced(List<Axis> axes, int axis, PrimExpr index) {
    List<PrimExpr> indices = new ArrayList<>(Axes.vars(axes));
    indices.set(axis, index);
    return indices;
  }
}
