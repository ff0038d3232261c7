package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.RegisterTile;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.CacheWrite;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;
import org.jtvmc.schedule.step.Vectorize;

/**
 * Attention and its like in one pass: the result is computed a block of rows at a time, and all
 * that a block needs of the intermediate tensors (scores, their softmax) just before it, so that
 * they stay in the first caches whatever their size as a whole. Every product of the chain has its
 * register tile, as many rows high as the block; softmax goes row by row within it.
 */
public final class TileReductionChain implements SketchRule {
  private static final double LEAST_PARALLEL_WORK = 60_000;

  /** The heights of a block of rows that are tried. */
  private static final List<Integer> HEIGHTS = List.of(1, 2, 4, 6, 7, 8, 10, 12, 14);

  /**
   * How a product is laid into registers.
   *
   * @param column the index, among the axes of the stage that takes the product's elements, of the
   *     one that goes into vectors
   */
  private record Lanes(Stage product, TileAxes axes, int column) {

    double cycles(SketchState state, RegisterTile tile) {
      int lanes = state.target().lanes(product.op().dtype().bytes());
      double steps =
          ReductionShape.work(product) / ((double) axes.rowExtent() * axes.vectorExtent());
      return steps * tile.cycles(axes.rowExtent(), axes.vectorExtent(), lanes, axes.operands());
    }

    List<RegisterTile> tiles(SketchState state, int rows) {
      int lanes = state.target().lanes(product.op().dtype().bytes());
      return RegisterTile.fitting(
              state.target(), axes.rowExtent(), Math.ceilDiv(axes.vectorExtent(), lanes))
          .stream()
          .filter(tile -> tile.rows() == rows)
          .toList();
    }

    RegisterTile best(SketchState state, int rows) {
      return tiles(state, rows).stream()
          .min(Comparator.comparingDouble(tile -> cycles(state, tile)))
          .orElse(new RegisterTile(rows, 1));
    }
  }

  @Override
  public boolean applies(SketchState state, Stage stage) {
    return stage.isRoot()
        && stage.isFresh()
        && !stage.isInlined()
        && state.answer(
            "chain of products in " + stage.id(), Boolean.class, () -> isChain(state, stage));
  }

  private static boolean isChain(SketchState state, Stage stage) {
    return ReductionChain.of(state, stage)
        .filter(chain -> lanes(state, chain).isPresent())
        .isPresent();
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    ReductionChain chain = ReductionChain.of(state, stage).orElseThrow();
    List<Lanes> lanes = lanes(state, chain).orElseThrow();
    Lanes last = lanes.getFirst();
    List<Integer> heights =
        HEIGHTS.stream().filter(rows -> rows <= last.axes().rowExtent()).toList();
    int best =
        heights.stream()
            .min(
                Comparator.comparingDouble(
                    rows ->
                        lanes.stream()
                            .mapToDouble(each -> each.cycles(state, each.best(state, rows)))
                            .sum()))
            .orElseThrow();
    int rows = state.pick(stage.id() + ".rows", heights, best);
    Map<String, RegisterTile> tiles = new HashMap<>();
    for (Lanes each : lanes) {
      tiles.put(
          each.product().id(),
          state.pick(
              each.product().id() + ".tile", each.tiles(state, rows), each.best(state, rows)));
    }

    String host = tileResult(state, chain, last, tiles.get(last.product().id()));
    for (Lanes each : lanes.subList(1, lanes.size())) {
      String product = each.product().id();
      state.markScheduled(product);
      state.apply(new CacheWrite(product));
      state.apply(new ComputeAt(product, stage.id(), host));
      tileHosted(state, each, tiles.get(product));
    }
    chain.rowStages().forEach((member, group) -> placeRows(state, chain, member, group, host));
  }

  /** How each product is laid into registers, the last first; empty where one cannot be. */
  private static Optional<List<Lanes>> lanes(SketchState state, ReductionChain chain) {
    List<Lanes> all = new ArrayList<>();
    List<Stage> products = new ArrayList<>(List.of(chain.last()));
    products.addAll(chain.products());
    for (Stage product : products) {
      boolean taken = product == chain.last() && product != chain.result();
      Stage consumer = taken ? chain.result() : product;
      int[] consumerAxis =
          taken
              ? TilePlan.consumerAxes(state, consumer, product).orElse(new int[0])
              : IntStream.range(0, product.op().axes().size()).toArray();
      if (consumerAxis.length == 0) {
        return Optional.empty();
      }
      Optional<TileAxes> axes =
          TileAxes.candidates(
                  state.target(),
                  consumer,
                  product,
                  Access.of(state.schedule(), product),
                  consumerAxis)
              .stream()
              .filter(
                  candidate ->
                      candidate.row() == chain.tiledAxis(product)
                          && !chain.isRow(product, candidate.vector()))
              .findFirst();
      if (axes.isEmpty()) {
        return Optional.empty();
      }
      all.add(new Lanes(product, axes.get(), consumerAxis[axes.get().vector()]));
    }
    return Optional.of(all);
  }

  /** Cuts the result into blocks of rows; the loop over them, inside which all else is computed. */
  private static String tileResult(
      SketchState state, ReductionChain chain, Lanes last, RegisterTile tile) {
    Stage result = chain.result();
    String id = result.id();
    String product = last.product().id();
    if (result.isReduction()) {
      state.apply(new CacheWrite(id));
      product = CacheWrite.cacheOf(id);
    }
    state.markScheduled(last.product().id());
    List<IterVar> axes = state.stage(id).axes();
    String row = axes.get(chain.tiled()).id();
    String vector = axes.get(last.column()).id();
    state.apply(new Split(id, row, List.of((long) tile.rows())));
    state.apply(new Split(id, vector, List.of(width(state, last, tile))));

    List<String> blocks = new ArrayList<>();
    for (int axis : chain.rows()) {
      if (axis != chain.tiled()) {
        blocks.add(axes.get(axis).id());
      }
    }
    blocks.add(row + ".0");
    List<String> order = new ArrayList<>(blocks);
    for (int i = 0; i < axes.size(); i++) {
      String axis = axes.get(i).id();
      if (!chain.rows().contains(i) && !axis.equals(vector)) {
        order.add(axis);
      }
    }
    order.addAll(List.of(vector + ".0", row + ".1", vector + ".1"));
    state.apply(new Reorder(id, order));
    double work =
        ReductionShape.work(last.product())
            + chain.products().stream().mapToDouble(ReductionShape::work).sum();
    OuterLoops.parallelize(state, id, blocks, work >= LEAST_PARALLEL_WORK);
    state.apply(new Vectorize(id, vector + ".1"));
    state.apply(new Unroll(id, row + ".1"));

    state.apply(new ComputeAt(product, id, vector + ".0"));
    registerTile(state, product, last.axes());
    return ReduceRows.rowLoop(state.stage(id), blocks);
  }

  private static long width(SketchState state, Lanes lanes, RegisterTile tile) {
    int perVector = state.target().lanes(lanes.product().op().dtype().bytes());
    return Math.min((long) tile.vectors() * perVector, lanes.axes().vectorExtent());
  }

  /** A product in the middle of the chain, computed for one block of rows into its buffer. */
  private static void tileHosted(SketchState state, Lanes lanes, RegisterTile tile) {
    String id = lanes.product().id();
    List<IterVar> axes = state.stage(id).axes();
    String row = axes.get(lanes.axes().row()).id();
    String vector = axes.get(lanes.axes().vector()).id();
    state.apply(new Split(id, vector, List.of(width(state, lanes, tile))));
    List<String> order = new ArrayList<>();
    for (IterVar axis : axes) {
      if (!axis.id().equals(row) && !axis.id().equals(vector)) {
        order.add(axis.id());
      }
    }
    order.addAll(List.of(vector + ".0", row, vector + ".1"));
    state.apply(new Reorder(id, order));
    state.apply(new Vectorize(id, vector + ".1"));
    state.apply(new Unroll(id, row));
    String cache = CacheWrite.cacheOf(id);
    state.apply(new ComputeAt(cache, id, vector + ".0"));
    registerTile(state, cache, lanes.axes());
  }

  /**
   * The loops of a product around its register tile: outputs, then the reduction, then the tile.
   */
  private static void registerTile(SketchState state, String product, TileAxes tile) {
    List<IterVar> axes = state.stage(product).axes();
    String row = axes.get(tile.row()).id();
    String vector = axes.get(tile.vector()).id();
    List<String> order = new ArrayList<>();
    for (IterVar axis : axes) {
      if (!axis.id().equals(row) && !axis.id().equals(vector)) {
        order.add(axis.id());
      }
    }
    order.add(row);
    order.add(vector);
    state.apply(new Reorder(product, order));
    state.apply(new Vectorize(product, vector));
    state.apply(new Unroll(product, row));
  }

  private static void placeRows(
      SketchState state, ReductionChain chain, Stage member, List<Stage> group, String host) {
    String id = member.id();
    state.markScheduled(id);
    state.apply(new ComputeAt(id, chain.result().id(), host));
    ReduceRows.vectorizeLast(state, id, member.axes().getLast().id());
    String row = member.axes().get(chain.rows().size() - 1).id();
    ReduceRows.place(state, group, id, row);
  }
}
