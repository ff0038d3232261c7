package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.CacheWrite;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Pack;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Tensorize;
import org.jtvmc.schedule.step.Unroll;
import org.jtvmc.schedule.step.Vectorize;

/**
 * A matrix product or convolution of narrow numbers by weights, where the processor has a matrix
 * unit: a block of tile registers adds up one step of the reduction after the other and is then
 * stored to the first cache, where the consumer takes it; the weights are packed so that a tile of
 * them lies in one piece.
 */
public final class TileInMatrixUnit implements SketchRule {
  /** Fewer rows are done sooner by vectors, which read the weights as fast. */
  private static final long LEAST_ROWS = 4;

  @Override
  public boolean applies(SketchState state, Stage stage) {
    return stage.isRoot()
        && stage.isFresh()
        && !stage.isInlined()
        && state.answer(
            "matrix unit in " + stage.id(),
            Boolean.class,
            () -> MatrixUnitPlan.of(state, stage).isPresent());
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    MatrixUnitPlan plan = MatrixUnitPlan.of(state, stage).orElseThrow();
    String id = stage.id();
    String product = plan.product().id();
    boolean worth = rowAxis(plan, plan.rows().getFirst()).size() >= LEAST_ROWS;
    String picked = state.pick(product + ".matrix", List.of("yes", "no"), worth ? "yes" : "no");
    if (picked.equals("no")) {
      other(state, stage).apply(state, stage);
      return;
    }
    state.markScheduled(product);
    List<String> names =
        plan.rows().stream().map(row -> plan.product().axes().get(row).id()).toList();
    String name = state.pick(product + ".matrix.rows", names, names.getFirst());
    int row = plan.rows().get(names.indexOf(name));
    MatrixTile tile = pickTile(state, plan, rowAxis(plan, row).size());
    if (stage.isReduction()) {
      state.apply(new CacheWrite(id));
      product = CacheWrite.cacheOf(id);
    }
    String host = tileConsumer(state, plan, product, row, tile);
    state.apply(new ComputeAt(product, id, host));
    tileProduct(state, plan, product, row, tile);
    state.apply(new Pack(state.schedule().dag().id(plan.weights().tensor()), product));
    new InputPlacement(id, product, 0).apply(state);
  }

  private static SketchRule other(SketchState state, Stage stage) {
    SketchRule dots = new TileDotProduct();
    if (dots.applies(state, stage)) {
      return dots;
    }
    return stage.isReduction() ? new TileReduction() : new TileWithConsumer();
  }

  private static Axis rowAxis(MatrixUnitPlan plan, int row) {
    return plan.product().op().axes().get(row);
  }

  private static MatrixTile pickTile(SketchState state, MatrixUnitPlan plan, long rows) {
    long columns = plan.columnAxis().size();
    List<MatrixTile> tiles = MatrixTile.fitting(rows, columns);
    MatrixTile best =
        tiles.stream()
            .min(Comparator.comparingDouble(t -> t.cycles(rows, columns, plan.steps())))
            .orElseThrow();
    return state.pick(plan.product().id() + ".matrix.tile", tiles, best);
  }

  /** Cuts the consumer into tiles; returns the loop inside which a tile is computed. */
  private static String tileConsumer(
      SketchState state, MatrixUnitPlan plan, String product, int row, MatrixTile tile) {
    String id = plan.consumer().id();
    List<IterVar> axes = state.stage(id).axes();
    String column = axes.get(plan.consumerAxis().get(plan.column())).id();
    String line = axes.get(plan.consumerAxis().get(row)).id();
    state.apply(new Split(id, column, List.of(tile.columns())));
    state.apply(new Split(id, line, List.of(tile.rows())));
    List<String> outer = new ArrayList<>();
    for (IterVar axis : axes) {
      boolean tiled = axis.id().equals(column) || axis.id().equals(line);
      outer.add(tiled ? axis.id() + ".0" : axis.id());
    }
    OuterLoops.Order order =
        OuterLoops.order(
            state,
            product,
            state.stage(id),
            outer,
            column + ".0",
            List.of(plan.data(), plan.weights()));
    List<String> loops = new ArrayList<>(order.loops());
    loops.add(line + ".1");
    loops.add(column + ".1");
    state.apply(new Reorder(id, loops));
    boolean worthThreads = ReductionShape.work(plan.product()) >= TilePlan.LEAST_PARALLEL_WORK;
    OuterLoops.parallelize(state, id, order.loops(), worthThreads);
    state.apply(new Vectorize(id, column + ".1"));
    return ReduceRows.rowLoop(state.stage(id), order.loops());
  }

  /** The loops of the product: the reduction around the tile registers of the block. */
  private static void tileProduct(
      SketchState state, MatrixUnitPlan plan, String product, int row, MatrixTile tile) {
    List<IterVar> axes = state.stage(product).axes();
    int spatial = plan.product().op().axes().size();
    String line = axes.get(row).id();
    String column = axes.get(plan.column()).id();
    String step = axes.get(spatial + plan.along()).id();
    long inWord = plan.intrinsic().computes().reduceAxes().get(1).size();
    state.apply(new Split(product, line, List.of(tile.height())));
    state.apply(new Split(product, column, List.of(MatrixTile.COLUMNS)));
    state.apply(new Split(product, step, List.of(plan.words(), inWord)));
    List<String> order = new ArrayList<>();
    for (IterVar axis : axes) {
      boolean tiled = List.of(line, column, step).contains(axis.id());
      if (!tiled) {
        order.add(axis.id());
      }
    }
    order.addAll(
        List.of(
            step + ".0",
            line + ".0",
            column + ".0",
            line + ".1",
            step + ".1",
            column + ".1",
            step + ".2"));
    state.apply(new Reorder(product, order));
    state.apply(new Unroll(product, line + ".0"));
    state.apply(new Unroll(product, column + ".0"));
    state.apply(new Tensorize(product, line + ".1", plan.intrinsic().name()));
  }
}
