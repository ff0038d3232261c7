package org.jtvmc.schedule.space.rule;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.RunningSoftmax;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.CacheWrite;

/**
 * Two products with work on whole rows between them, as in attention, in the form in which a GPU's
 * block can make rows of all of them one after the other:
 *
 * <pre>
 *   scores[b, m, n] = sum(query[b, m, k] * keys[b, n, k])
 *   weights[b, m, n] = row by row of scores
 *   last[b, m, d] = sum(weights[b, m, n] * values[b, n, d])
 * </pre>
 *
 * @param chain the stages, as a CPU's rule sees them too
 * @param scores the first product
 * @param weights what the last product reads of the chain, one row for each of {@code scores}
 * @param members what only the weights need of a row: its maximum, exponentials, their sum
 * @param query the operand of {@code scores} that a block has a few rows of
 * @param keys the other, of which it goes through all
 * @param values the operand of the last product that is not of the chain
 * @param key the number of the axis of {@code scores} that is not a row
 * @param column that of the last product
 * @param resultColumn that of the result along which the last product's columns are
 * @param runs true where the work on rows is a softmax that can run along its row
 * @param runsBeyond true where it can also do so in parts that do not divide the row
 */
record BlockChain(
    ReductionChain chain,
    Stage scores,
    Stage weights,
    List<Stage> members,
    Access query,
    Access keys,
    Access values,
    int key,
    int column,
    int resultColumn,
    boolean runs,
    boolean runsBeyond) {

  /** The chain that ends in {@code result}; empty where there is none of this form. */
  static Optional<BlockChain> of(SketchState state, Stage result) {
    return ReductionChain.of(state, result)
        .filter(chain -> chain.products().size() == 1 && chain.rowStages().size() == 1)
        .flatMap(chain -> of(state, chain));
  }

  private static Optional<BlockChain> of(SketchState state, ReductionChain chain) {
    Stage scores = chain.products().getFirst();
    Map.Entry<Stage, List<Stage>> rowStage = chain.rowStages().entrySet().iterator().next();
    Stage weights = rowStage.getKey();
    List<Access> ofScores = BlockProduct.operands(state, scores);
    List<Access> ofLast = BlockProduct.operands(state, chain.last());
    int key = onlyColumn(chain, scores);
    int column = onlyColumn(chain, chain.last());
    int resultColumn = resultColumn(state, chain, column);
    boolean isOne =
        ofScores.size() == 2
            && ofLast.size() == 2
            && ofScores.getFirst().tensor() != ofScores.getLast().tensor()
            && ofLast.getFirst().tensor() != ofLast.getLast().tensor()
            && scores.op().reduceAxes().size() == 1
            && chain.last().op().reduceAxes().size() == 1
            && key >= 0
            && resultColumn >= 0
            && weights.op().axes().size() == chain.rows().size() + 1
            && rowStage.getValue().stream().anyMatch(Stage::isReduction);
    if (!isOne) {
      return Optional.empty();
    }
    Axis row = scores.op().axes().get(chain.tiledAxis(scores));
    Axis across = scores.op().axes().get(key);
    Access query = ofScores.get(ofScores.getFirst().dependsOn(row.var()) ? 0 : 1);
    Access keys = ofScores.get(query == ofScores.getFirst() ? 1 : 0);
    Access own = ofLast.get(ofLast.getFirst().tensor() == weights.tensor() ? 0 : 1);
    Access values = ofLast.get(own == ofLast.getFirst() ? 1 : 0);
    boolean apart =
        !keys.dependsOn(row.var())
            && !query.dependsOn(across.var())
            && own.tensor() == weights.tensor()
            && own.indices().getLast() == chain.last().op().reduceAxes().getFirst().var()
            && chain.images().keySet().stream()
                .allMatch(id -> isApart(state, id, List.of(query, keys, values)));
    Optional<RunningSoftmax> softmax = softmax(state, chain, rowStage.getValue());
    return apart
        ? Optional.of(
            new BlockChain(
                chain,
                scores,
                weights,
                rowStage.getValue(),
                query,
                keys,
                values,
                key,
                column,
                resultColumn,
                softmax.isPresent(),
                softmax.filter(RunningSoftmax::canBePadded).isPresent()))
        : Optional.empty();
  }

  /** The softmax, where one that the last product alone reads is all that is done to rows. */
  private static Optional<RunningSoftmax> softmax(
      SketchState state, ReductionChain chain, List<Stage> members) {
    Schedule schedule = state.schedule();
    String last = chain.last().id();
    if (chain.last() == chain.result()) {
      schedule = schedule.apply(new CacheWrite(last));
      last = CacheWrite.cacheOf(last);
    }
    return RunningSoftmax.of(schedule, schedule.stage(last))
        .filter(
            softmax ->
                members.stream()
                    .filter(Stage::isReduction)
                    .allMatch(member -> softmax.parts().contains(member)));
  }

  /** True where none of the operands is a stage of the chain. */
  private static boolean isApart(SketchState state, String member, List<Access> operands) {
    return operands.stream().noneMatch(operand -> operand.tensor() == state.stage(member).tensor());
  }

  /** The number of the axis of several elements that is no row; -1 where there is not one. */
  private static int onlyColumn(ReductionChain chain, Stage product) {
    List<Axis> axes = product.op().axes();
    int[] columns =
        IntStream.range(0, axes.size())
            .filter(axis -> axes.get(axis).size() > 1 && !chain.isRow(product, axis))
            .toArray();
    return columns.length == 1 ? columns[0] : -1;
  }

  private static int resultColumn(SketchState state, ReductionChain chain, int column) {
    if (column < 0 || chain.last() == chain.result()) {
      return column;
    }
    int resultColumn =
        TilePlan.consumerAxes(state, chain.result(), chain.last())
            .map(axes -> axes[column])
            .orElse(-1);
    boolean whole =
        resultColumn >= 0
            && chain.result().op().axes().get(resultColumn).size()
                == chain.last().op().axes().get(column).size();
    return whole ? resultColumn : -1;
  }

  /** The rows of which a block has some. */
  long rows() {
    return scores.op().axes().get(chain.tiledAxis(scores)).size();
  }

  /** The length of a row of scores. */
  long keyCount() {
    return scores.op().axes().get(key).size();
  }

  /** True where rows of keys and values begin at whole words: only these are copied ahead. */
  boolean copiesWords() {
    return Stream.of(keys, values).map(Access::tensor).allMatch(BlockChain::hasWords);
  }

  private static boolean hasWords(Tensor tensor) {
    return tensor.dim(tensor.rank() - 1) instanceof IntImm length
        && length.value() * tensor.dtype().bytes() % Integer.BYTES == 0;
  }

  /** The products of each score. */
  long depth() {
    return scores.op().reduceAxes().getFirst().size();
  }

  /** The columns of the last product. */
  long columns() {
    return chain.last().op().axes().get(column).size();
  }

  /** How many such products of matrices there are: heads of a batch. */
  long batch() {
    return chain.rows().stream()
        .filter(row -> row != chain.tiled())
        .mapToLong(row -> chain.result().op().axes().get(row).size())
        .reduce(1, (a, b) -> a * b);
  }

  /** The axes of {@code scores} that one of its operands alone depends on. */
  List<Axis> scoreAxes() {
    return List.of(scores.op().axes().get(chain.tiledAxis(scores)), scores.op().axes().get(key));
  }

  /** The same of the last product. */
  List<Axis> lastAxes() {
    Stage last = chain.last();
    return List.of(last.op().axes().get(chain.tiledAxis(last)), last.op().axes().get(column));
  }
}
