package org.jtvmc.ir.te;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.type.DType;

/**
 * A value of a tensor expression: what each element is, with no order and no storage. Equal only to
 * itself.
 */
public final class Tensor {
  private final TensorOp op;

  // Asked for by every read and every schedule: found once.
  private final DType dtype;
  private final List<PrimExpr> shape;
  private final Optional<Tensor> constantSource;

  private Tensor(TensorOp op) {
    this.op = op;
    this.dtype = op.dtype();
    this.shape = op.shape();
    this.constantSource = op instanceof ComputeOp compute ? source(compute) : Optional.empty();
  }

  private static Optional<Tensor> source(ComputeOp op) {
    Tensor only = null;
    for (Tensor input : op.inputs()) {
      Tensor source = input.constantSource().orElse(null);
      if (source == null || (only != null && only != source)) {
        return Optional.empty();
      }
      only = source;
    }
    return Optional.ofNullable(only);
  }

  public static Tensor of(TensorOp op) {
    return new Tensor(op);
  }

  /** An input whose sizes are known. */
  public static Tensor placeholder(String name, DType dtype, long... shape) {
    return placeholder(name, dtype, false, sizes(shape));
  }

  /** An input; {@code constant} where its contents are known at compile time. */
  public static Tensor placeholder(
      String name, DType dtype, boolean constant, List<? extends PrimExpr> shape) {
    return new Tensor(new PlaceholderOp(name, List.copyOf(shape), dtype, constant));
  }

  /** The tensor whose element at {@code indices} is {@code body.apply(indices)}. */
  public static Tensor compute(
      String name,
      List<? extends PrimExpr> shape,
      Function<? super List<PrimVar>, ? extends PrimExpr> body) {
    List<Axis> axes = axes("i", shape);
    return new Tensor(
        new ComputeOp(name, axes, List.of(), Optional.empty(), body.apply(variables(axes))));
  }

  /**
   * The tensor whose element at {@code indices} combines {@code body.apply(indices, reduced)} over
   * all values of {@code reduced} in {@code reduceShape}.
   */
  public static Tensor reduce(
      String name,
      Reducer reducer,
      List<? extends PrimExpr> shape,
      List<? extends PrimExpr> reduceShape,
      BiFunction<? super List<PrimVar>, ? super List<PrimVar>, ? extends PrimExpr> body) {
    List<Axis> axes = axes("i", shape);
    List<Axis> reduceAxes = axes("r", reduceShape);
    return new Tensor(
        new ComputeOp(
            name,
            axes,
            reduceAxes,
            Optional.of(reducer),
            body.apply(variables(axes), variables(reduceAxes))));
  }

  /**
   * The tensor whose element at {@code axes} is {@code body}, an expression over their variables.
   */
  public static Tensor map(String name, List<Axis> axes, PrimExpr body) {
    return new Tensor(new ComputeOp(name, axes, List.of(), Optional.empty(), body));
  }

  /**
   * The tensor whose element at {@code axes} combines {@code body} over all values of {@code
   * reduceAxes}; without any such axis, simply {@code body}.
   */
  public static Tensor reduce(
      String name, Reducer reducer, List<Axis> axes, List<Axis> reduceAxes, PrimExpr body) {
    return reduceAxes.isEmpty()
        ? map(name, axes, body)
        : new Tensor(new ComputeOp(name, axes, reduceAxes, Optional.of(reducer), body));
  }

  /** Sizes as {@code int64} constants. */
  public static List<PrimExpr> sizes(long... shape) {
    List<PrimExpr> sizes = new ArrayList<>(shape.length);
    for (long size : shape) {
      sizes.add(IntImm.of(size));
    }
    return sizes;
  }

  private static List<Axis> axes(String prefix, List<? extends PrimExpr> shape) {
    List<Axis> axes = new ArrayList<>(shape.size());
    for (PrimExpr extent : shape) {
      axes.add(Axis.of(prefix + axes.size(), extent));
    }
    return axes;
  }

  private static List<PrimVar> variables(List<Axis> axes) {
    return axes.stream().map(Axis::var).toList();
  }

  public TensorOp op() {
    return op;
  }

  public String name() {
    return op.name();
  }

  public DType dtype() {
    return dtype;
  }

  public List<PrimExpr> shape() {
    return shape;
  }

  public int rank() {
    return shape.size();
  }

  /** The size of one dimension. */
  public PrimExpr dim(int axis) {
    return shape.get(axis);
  }

  /** The element at {@code indices}. */
  public PrimExpr at(List<? extends PrimExpr> indices) {
    return new Read(this, List.copyOf(indices));
  }

  /** The element at {@code indices}. */
  public PrimExpr at(PrimExpr... indices) {
    return new Read(this, List.of(indices));
  }

  /**
   * The constant that everything in this tensor comes from: the input itself, or the one that the
   * expression reads; empty where the contents are not known at compile time, or come from several.
   */
  public Optional<Tensor> constantSource() {
    return switch (op) {
      case PlaceholderOp input -> input.constant() ? Optional.of(this) : Optional.empty();
      case ComputeOp _ -> constantSource;
    };
  }

  @Override
  public String toString() {
    return name();
  }
}
