package org.jtvmc.ir.op.reduce;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.PrimExpr;
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
 * Combines the elements along some axes, as a table of what is done to each element before and to
 * the combination after. Sums of 16-bit floats are kept in {@code float32}; integer means round
 * towards zero.
 */
public final class Reduction extends TensorOperator {
  private final Reducer reducer;
  private final UnaryOperator<PrimExpr> before;
  private final Finish after;

  /** What is done to the combination of {@code count} elements. */
  @FunctionalInterface
  private interface Finish {
    PrimExpr apply(PrimExpr combined, PrimExpr count);
  }

  private Reduction(String name, Reducer reducer, UnaryOperator<PrimExpr> before, Finish after) {
    super(name, FusionKind.REDUCTION, List.of("data"), AxisAttributes.SPECS);
    this.reducer = reducer;
    this.before = before;
    this.after = after;
  }

  private Reduction(String name, Reducer reducer) {
    this(name, reducer, x -> x, (x, _) -> x);
  }

  /** The table. */
  public static List<Operator> all() {
    return List.of(
        new Reduction("sum", Reducer.SUM),
        new Reduction("prod", Reducer.PRODUCT),
        new Reduction("max", Reducer.MAX),
        new Reduction("min", Reducer.MIN),
        new Reduction("all", Reducer.ALL),
        new Reduction("any", Reducer.ANY),
        new Reduction("mean", Reducer.SUM, x -> x, Reduction::mean),
        new Reduction("log_sum", Reducer.SUM, x -> x, (x, _) -> Intrinsic.of(IntrinsicOp.LOG, x)),
        new Reduction("sum_square", Reducer.SUM, x -> x.times(x), (x, _) -> x),
        new Reduction("norm_l1", Reducer.SUM, Reduction::absolute, (x, _) -> x),
        new Reduction(
            "norm_l2", Reducer.SUM, x -> x.times(x), (x, _) -> throughDouble(IntrinsicOp.SQRT, x)));
  }

  private static PrimExpr mean(PrimExpr sum, PrimExpr count) {
    return sum.dividedBy(
        count instanceof IntImm number
            ? IntImm.of(sum.dtype(), number.value())
            : count.cast(sum.dtype()));
  }

  private static PrimExpr absolute(PrimExpr x) {
    return x.dtype().isSigned() ? Intrinsic.of(IntrinsicOp.ABS, x) : x;
  }

  private static PrimExpr throughDouble(IntrinsicOp op, PrimExpr x) {
    DType dtype = x.dtype();
    return dtype.isFloat() ? Intrinsic.of(op, x) : Intrinsic.of(op, x.cast(DType.F64)).cast(dtype);
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    boolean logical = reducer == Reducer.ALL || reducer == Reducer.ANY;
    if (logical != data.dtype().isBool()) {
      throw new TypeException(
          logical
              ? "is defined for bool, not for " + data.dtype()
              : "is defined for numbers, not for bool");
    }
    if (name().equals("log_sum")) {
      Shapes.requireFloat(data, "data");
    }
    return AxisAttributes.result(data, attributes);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    DType dtype = data.dtype();
    boolean sums = reducer == Reducer.SUM || reducer == Reducer.PRODUCT;
    DType accumulator = sums && dtype.isFloat() && dtype.bits() < 32 ? DType.F32 : dtype;
    List<Axis> axes = Axes.of(result);
    List<Axis> reduceAxes = new ArrayList<>();
    List<PrimExpr> indices = AxisAttributes.split(data, attributes, axes, reduceAxes);
    PrimExpr body = before.apply(data.at(indices).cast(accumulator));
    Tensor combined = Tensor.reduce(name(), reducer, axes, reduceAxes, body);

    PrimExpr count = Sizes.product(reduceAxes.stream().map(Axis::extent).toList());
    List<Axis> outer = Axes.of(result);
    PrimExpr element = combined.at(Axes.vars(outer));
    PrimExpr finished = after.apply(element, count).cast(dtype);
    return finished.equals(element)
        ? List.of(combined)
        : List.of(Tensor.map(name() + "_result", outer, finished));
  }
}
