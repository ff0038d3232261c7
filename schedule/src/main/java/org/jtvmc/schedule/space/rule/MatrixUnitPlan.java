package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.PlaceholderOp;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.intrinsic.TensorIntrinsic;
import org.jtvmc.schedule.intrinsic.TensorIntrinsics;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchState;

/**
 * A product that the processor's matrix unit can make, and how its axes lie to that.
 *
 * @param consumer takes the product's elements; the product itself where nothing else does
 * @param consumerAxis for each axis of the product the consumer's that walks it, or -1
 * @param weights the operand that is packed
 * @param data the operand whose rows are read as they lie
 * @param rows the numbers of the axes of which the data's rows may be, the best first
 * @param column the number of the axis along which the weights' columns are
 * @param along the number of the reduce axis along which the rows lie in memory
 * @param words how many words of 32 bits of a row are multiplied at a time
 */
record MatrixUnitPlan(
    Stage consumer,
    Stage product,
    List<Integer> consumerAxis,
    TensorIntrinsic intrinsic,
    Access weights,
    Access data,
    List<Integer> rows,
    int column,
    int along,
    long words) {

  /** The operands of {@code wide(left) * wide(right)}. */
  private record Factors(Access left, Access right) {}

  /** The plan for {@code stage} or the product whose elements it takes; empty for none. */
  static Optional<MatrixUnitPlan> of(SketchState state, Stage stage) {
    List<TensorIntrinsic> intrinsics =
        TensorIntrinsics.of(state.target()).stream()
            .filter(intrinsic -> intrinsic.computes().axes().size() == 2)
            .toList();
    if (intrinsics.isEmpty()) {
      return Optional.empty();
    }
    return TilePlan.ofProduct(
        state, stage, (product, axes) -> of(state, stage, product, axes, intrinsics));
  }

  private static Optional<MatrixUnitPlan> of(
      SketchState state,
      Stage consumer,
      Stage product,
      int[] consumerAxis,
      List<TensorIntrinsic> intrinsics) {
    Optional<Factors> factors = factors(Access.body(state.schedule(), product));
    if (factors.isEmpty()) {
      return Optional.empty();
    }
    Access data = factors.get().left;
    Access weights = factors.get().right;
    Optional<TensorIntrinsic> intrinsic =
        intrinsics.stream().filter(i -> isTyped(i, product, data, weights)).findFirst();
    List<Axis> all = new ArrayList<>(product.op().axes());
    all.addAll(product.op().reduceAxes());
    boolean simple =
        weights.tensor() != data.tensor()
            && weights.tensor().op() instanceof PlaceholderOp input
            && input.constant()
            && weights.isLinearIn(all)
            && data.isLinearIn(all);
    if (intrinsic.isEmpty() || !simple) {
      return Optional.empty();
    }
    int column = column(consumer, product, consumerAxis, data, weights);
    List<Integer> rows = rows(consumer, product, consumerAxis, data, weights, column);
    if (column < 0 || rows.isEmpty()) {
      return Optional.empty();
    }
    List<Axis> steps = intrinsic.get().computes().reduceAxes();
    long inWord = steps.get(1).size();
    for (int along = 0; along < product.op().reduceAxes().size(); along++) {
      Axis axis = product.op().reduceAxes().get(along);
      long words = words(axis.size(), inWord, steps.get(0).size());
      if (data.stride(axis.var()).orElse(0) == 1 && weights.dependsOn(axis.var()) && words > 1) {
        return Optional.of(
            new MatrixUnitPlan(
                consumer,
                product,
                IntStream.of(consumerAxis).boxed().toList(),
                intrinsic.get(),
                weights,
                data,
                rows,
                column,
                along,
                words));
      }
    }
    return Optional.empty();
  }

  /** What the body multiplies, where it multiplies two elements as they are. */
  private static Optional<Factors> factors(PrimExpr body) {
    return body instanceof Binary(BinaryOp op, PrimExpr left, PrimExpr right)
            && op == BinaryOp.MULTIPLY
            && left instanceof Cast(DType _, Read a)
            && right instanceof Cast(DType _, Read b)
        ? Optional.of(
            new Factors(new Access(a.tensor(), a.indices()), new Access(b.tensor(), b.indices())))
        : Optional.empty();
  }

  private static boolean isTyped(
      TensorIntrinsic intrinsic, Stage product, Access data, Access weights) {
    return product.op().dtype().equals(intrinsic.computes().dtype())
        && product.op().reducer().equals(intrinsic.computes().reducer())
        && intrinsic.leftType().equals(data.tensor().dtype())
        && intrinsic.rightType().equals(weights.tensor().dtype());
  }

  /** The most words at a time that divide the products along an axis; 0 for none. */
  private static long words(long products, long inWord, long most) {
    if (products % inWord != 0) {
      return 0;
    }
    long words = Math.min(most, products / inWord);
    while (products / inWord % words != 0) {
      words--;
    }
    return words;
  }

  /** The longest axis of columns that come out even; -1 for none. */
  private static int column(
      Stage consumer, Stage product, int[] consumerAxis, Access data, Access weights) {
    return IntStream.range(0, consumerAxis.length)
        .filter(i -> isWhole(consumer, product, consumerAxis, i))
        .filter(i -> product.op().axes().get(i).size() % MatrixTile.COLUMNS == 0)
        .filter(i -> weights.dependsOn(product.op().axes().get(i).var()))
        .filter(i -> !data.dependsOn(product.op().axes().get(i).var()))
        .boxed()
        .max(Comparator.comparingLong(i -> product.op().axes().get(i).size()))
        .orElse(-1);
  }

  /** The axes of rows, those that fill tiles best first. */
  private static List<Integer> rows(
      Stage consumer, Stage product, int[] consumerAxis, Access data, Access weights, int column) {
    List<Axis> axes = product.op().axes();
    return IntStream.range(0, consumerAxis.length)
        .filter(i -> i != column && isWhole(consumer, product, consumerAxis, i))
        .filter(i -> axes.get(i).size() > 1)
        .filter(i -> data.dependsOn(axes.get(i).var()) && !weights.dependsOn(axes.get(i).var()))
        .filter(i -> column < 0 || consumerAxis[i] != consumerAxis[column])
        .boxed()
        .sorted(
            Comparator.comparingDouble(
                i -> cyclesOfRow(axes.get(i).size(), column < 0 ? 16 : axes.get(column).size())))
        .toList();
  }

  private static double cyclesOfRow(long rows, long columns) {
    return MatrixTile.fitting(rows, columns).stream()
            .mapToDouble(tile -> tile.cycles(rows, columns, 1))
            .min()
            .orElse(Double.POSITIVE_INFINITY)
        / rows;
  }

  private static boolean isWhole(Stage consumer, Stage product, int[] consumerAxis, int axis) {
    return consumerAxis[axis] >= 0
        && consumer.op().axes().get(consumerAxis[axis]).size()
            == product.op().axes().get(axis).size();
  }

  Axis columnAxis() {
    return product.op().axes().get(column);
  }

  Axis alongAxis() {
    return product.op().reduceAxes().get(along);
  }

  /** The multiplications that are added up in each register. */
  long steps() {
    long products = 1;
    for (Axis axis : product.op().reduceAxes()) {
      products *= axis.size();
    }
    return products / (words * intrinsic.computes().reduceAxes().get(1).size());
  }
}
