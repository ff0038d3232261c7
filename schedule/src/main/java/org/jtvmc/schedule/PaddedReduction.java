package org.jtvmc.schedule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;

/**
 * A sum of products along a longer axis, whose factors are zero beyond the end of the original one:
 *
 * <pre>{@code
 * product[m, d] = sum over n < 197 of a[m, n] * b[n, d]
 *
 * a.padded[m, n] = n < 197 ? a[m, n] : 0
 * b.padded[n, d] = n < 197 ? b[n, d] : 0
 * product[m, d] = sum over n < 224 of a.padded[m, n] * b.padded[n, d]
 * }</pre>
 *
 * @param product the sum along the longer axis
 * @param first the factor that was asked for, longer
 * @param second the other
 */
record PaddedReduction(Stage product, Stage first, Stage second) {
  private static final String SUFFIX = ".padded";

  /** The id of the longer form of a stage. */
  static String id(String original) {
    return original + SUFFIX;
  }

  /**
   * True where {@code product} multiplies two tensors along one dimension of each, one of them
   * {@code first}.
   */
  static boolean isPossible(Stage product, Tensor first) {
    List<Read> factors = factors(product);
    return factors.size() == 2
        && factors.stream().filter(factor -> factor.tensor() == first).count() == 1
        && factors.stream().allMatch(factor -> dimension(factor, product).isPresent());
  }

  /**
   * The sum of so many products.
   *
   * @param first one of the tensors that {@code product} multiplies, of a stage
   */
  static PaddedReduction of(Schedule schedule, Stage product, Tensor first, long length) {
    if (!isPossible(product, first)) {
      throw new ScheduleException(
          "parts do not divide its reduction, and it multiplies no two tensors along one dimension"
              + " of each",
          product);
    }
    List<Read> factors = factors(product);
    Read own = factors.get(factors.getFirst().tensor() == first ? 0 : 1);
    Read other = factors.get(own == factors.getFirst() ? 1 : 0);
    Stage longerOwn = longer(id(schedule.stageOf(first).orElseThrow().id()), own, product, length);
    String name =
        schedule
            .stageOf(other.tensor())
            .map(Stage::id)
            .orElseGet(() -> schedule.dag().id(other.tensor()));
    Stage longerOther =
        longer(schedule.derivedId(name, SUFFIX.substring(1)), other, product, length);
    ComputeOp op = product.op();
    Axis along = op.reduceAxes().getFirst();
    Axis longerAlong = Axis.of(along.var().name(), IntImm.of(length));
    PrimExpr body =
        PrimExprs.rewrite(
            op.body(),
            node ->
                node instanceof Read read
                    ? (read.tensor() == first ? longerOwn : longerOther)
                        .tensor()
                        .at(with(read.indices(), along.var(), longerAlong.var()))
                    : node);
    ComputeOp sum = new ComputeOp(op.name(), op.axes(), List.of(longerAlong), op.reducer(), body);
    return new PaddedReduction(product.withOp(sum), longerOwn, longerOther);
  }

  /** The schedule with the longer sum in the place of the other. */
  Schedule in(Schedule schedule) {
    return schedule
        .withStageBefore(first, product.id())
        .withStageBefore(second, product.id())
        .withStage(product);
  }

  private static List<Read> factors(Stage product) {
    return product.op().body() instanceof Binary(BinaryOp op, PrimExpr left, PrimExpr right)
            && op == BinaryOp.MULTIPLY
            && uncast(left) instanceof Read first
            && uncast(right) instanceof Read second
        ? List.of(first, second)
        : List.of();
  }

  private static PrimExpr uncast(PrimExpr expr) {
    return expr instanceof Cast(DType _, PrimExpr value) ? uncast(value) : expr;
  }

  /** The dimension of a factor that the reduction alone goes through, all of it. */
  private static Optional<Integer> dimension(Read factor, Stage product) {
    Axis along = product.op().reduceAxes().getFirst();
    int[] dependent =
        IntStream.range(0, factor.indices().size())
            .filter(dim -> PrimExprs.uses(factor.indices().get(dim), along.var()))
            .toArray();
    return dependent.length == 1
            && factor.indices().get(dependent[0]) == along.var()
            && factor.tensor().dim(dependent[0]).equals(along.extent())
        ? Optional.of(dependent[0])
        : Optional.empty();
  }

  private static Stage longer(String id, Read factor, Stage product, long length) {
    Tensor tensor = factor.tensor();
    int along = dimension(factor, product).orElseThrow();
    List<Axis> axes = new ArrayList<>();
    for (int dim = 0; dim < tensor.shape().size(); dim++) {
      axes.add(Axis.of("i" + dim, dim == along ? IntImm.of(length) : tensor.dim(dim)));
    }
    List<PrimExpr> element = axes.stream().<PrimExpr>map(Axis::var).toList();
    PrimExpr inside = element.get(along).lessThan(tensor.dim(along));
    PrimExpr body = Select.of(inside, tensor.at(element), IntImm.of(tensor.dtype(), 0));
    ComputeOp op = new ComputeOp(id, axes, List.of(), Optional.empty(), body);
    return Stage.of(id, Tensor.of(op), op, false);
  }

  private static List<PrimExpr> with(List<PrimExpr> indices, PrimVar from, PrimVar to) {
    return indices.stream().map(index -> index == from ? (PrimExpr) to : index).toList();
  }
}
