package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.RegisterTile;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.CacheRead;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Fuse;
import org.jtvmc.schedule.step.Pack;
import org.jtvmc.schedule.step.Parallel;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;
import org.jtvmc.schedule.step.Vectorize;

/**
 * The stages of a convolution in transformed tiles, and how they are scheduled.
 *
 * <p>The consumer runs over tiles and, inside of each, over vectors of channels, for which the sums
 * are transformed back into registers. Data and products are computed whole beforehand, or for a
 * few rows of tiles at a time, so that both stay in the second cache.
 *
 * @param consumer what is written; among its axes are rows, columns and channels
 * @param image which axes of the consumer those are
 * @param sums half of the transform back: tile, row in the tile, positions, channel
 * @param product positions, tile, channel, reduced over the data's channels
 * @param data the transformed data: positions, tile, channel
 * @param rows half of the data's transform: tile, one axis of the data's tile, positions, channel
 * @param constant the transformed weight
 * @param size rows, and columns, of a tile
 */
record TransformPlan(
    Stage consumer,
    Image image,
    Stage sums,
    Stage product,
    Stage data,
    Stage rows,
    Stage constant,
    long size) {

  /** Indices of the consumer's axes over rows, columns and channels. */
  record Image(int h, int w, int c) {

    /**
     * The axes by which the sums are read: tile, row in the tile, positions, channel. Empty where
     * they are others.
     */
    static Optional<Image> of(Stage consumer, Access sums, long size) {
      List<Axis> axes = consumer.op().axes();
      int h = -1;
      int c = -1;
      int w = -1;
      for (int i = 0; i < axes.size(); i++) {
        PrimVar var = axes.get(i).var();
        boolean byRows =
            sums.indices().get(1) instanceof Binary(BinaryOp op, PrimExpr of, PrimExpr by)
                && op == BinaryOp.FLOOR_MODULO
                && of == var
                && IntImm.is(by, size);
        if (byRows) {
          h = i;
        } else if (sums.indices().getLast() == var) {
          c = i;
        } else if (PrimExprs.uses(sums.indices().getFirst(), var) && axes.get(i).size() > 1) {
          // The image's number comes before its columns.
          w = i;
        }
      }
      return h < 0 || c < 0 || w < h ? Optional.empty() : Optional.of(new Image(h, w, c));
    }
  }

  /**
   * The most copies of a body; of a larger transform, the axis that is not transformed is a loop.
   */
  private static final long MOST_UNROLLED = 64;

  /** The most that a thread may have of its own for data and products of one block. */
  private static final double BLOCK_BYTES = 400 << 10;

  static Optional<TransformPlan> of(SketchState state, Stage consumer, Stage sums, Stage product) {
    Stage data = null;
    Stage constant = null;
    for (Access access : Access.of(state.schedule(), product)) {
      Stage stage = state.schedule().stageOf(access.tensor()).orElse(null);
      if (stage == null) {
        return Optional.empty();
      }
      if (stage.tensor().constantSource().isPresent()) {
        constant = stage;
      } else {
        data = stage;
      }
    }
    Stage rows =
        data == null || data.isReduction()
            ? null
            : Access.of(state.schedule(), data).stream()
                .map(access -> state.schedule().stageOf(access.tensor()).orElse(null))
                .findFirst()
                .orElse(null);
    boolean shaped =
        constant != null
            && rows != null
            && rows.isFresh()
            && data.isFresh()
            && sums.op().axes().size() >= 4
            && product.op().axes().size() >= 4
            && product.op().reduceAxes().size() == 1
            && data.op().axes().size() == product.op().axes().size()
            && rows.op().axes().size() >= 4
            && consumer.op().axes().size() >= 3;
    if (!shaped) {
      return Optional.empty();
    }
    long size = sums.op().axes().get(1).size();
    Access read =
        Access.of(state.schedule(), consumer).stream()
            .filter(access -> access.tensor() == sums.tensor())
            .findFirst()
            .orElseThrow();
    List<Stage> inner = List.of(data, rows, constant);
    return Image.of(consumer, read, size)
        .map(
            image ->
                new TransformPlan(
                    consumer,
                    image,
                    sums,
                    product,
                    inner.get(0),
                    inner.get(1),
                    inner.get(2),
                    size));
  }

  void apply(SketchState state) {
    String id = consumer.id();
    int count = consumer.op().axes().size();
    String h = axis(consumer, image.h);
    String w = axis(consumer, image.w);
    String c = axis(consumer, image.c);
    long down = Math.ceilDiv(consumer.op().axes().get(image.h).size(), size);
    long lanes = state.target().lanes(consumer.op().dtype().bytes());

    boolean threads =
        state.target().cores() > 1 && ReductionShape.work(product) >= TilePlan.LEAST_PARALLEL_WORK;
    List<Long> blocks = blocks(down, lanes, threads);
    long block = state.pick(product.id() + ".block", blocks, preferredBlock(state, blocks, down));
    state.apply(new Split(id, h, List.of(block == 0 ? 1 : block, size)));
    state.apply(new Split(id, w, List.of(size)));
    state.apply(new Split(id, c, List.of(lanes)));
    List<String> order = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (i != image.h && i != image.w && i != image.c) {
        order.add(axis(consumer, i));
      }
    }
    order.add(h + ".0");
    boolean large = positions() > MOST_UNROLLED;
    boolean byTiles = large && block == 0;
    List<String> tile = List.of(h + ".1", w + ".0", c + ".0");
    if (byTiles) {
      order.addAll(tile);
    }
    List<String> outer = List.copyOf(order);
    if (!byTiles) {
      order.addAll(tile);
    }
    order.addAll(List.of(h + ".2", w + ".1", c + ".1"));
    state.apply(new Reorder(id, order));
    state.apply(new Vectorize(id, c + ".1"));
    if (!large) {
      state.apply(new Unroll(id, h + ".2"));
    }
    state.apply(new Unroll(id, w + ".1"));
    String host = outermost(state, id, outer, threads);

    state.apply(new ComputeAt(sums.id(), id, byTiles ? host : c + ".0"));
    transform(state, sums, 2);
    if (large) {
      loadFirst(state, product, sums, axis(sums, 2));
      loadFirst(state, sums, consumer, h + ".2");
    }
    if (block > 0) {
      state.apply(new ComputeAt(product.id(), id, host));
    }
    tileProduct(state, block, lanes, threads);
    state.apply(new Pack(constant.id(), product.id()));
    if (block > 0) {
      state.apply(new ComputeAt(data.id(), id, host));
    }
    tileData(state, lanes, threads && block == 0);
    for (Stage stage : List.of(sums, product, data, rows, constant)) {
      state.markScheduled(stage.id());
    }
    for (Stage stage : state.schedule().stages()) {
      if (stage.tensor().constantSource().isPresent()) {
        state.markScheduled(stage.id());
      }
    }
  }

  private static String axis(Stage stage, int index) {
    return stage.axes().get(index).id();
  }

  /** Rows of tiles in a block; 0 for all tiles of all images at once. */
  private List<Long> blocks(long down, long lanes, boolean threads) {
    List<Long> blocks = new ArrayList<>(List.of(0L));
    for (long block = 1; block < down && (!threads || fits(block, 1, lanes)); block *= 2) {
      blocks.add(block);
    }
    return blocks;
  }

  /** True where a thread has room on its stack for a block in register tiles of {@code rows}. */
  private boolean fits(long block, long rows, long lanes) {
    long tiles = atOnce(block);
    long channels = product.op().axes().getLast().size();
    long inputs = product.op().reduceAxes().getFirst().size();
    long bytes = product.op().dtype().bytes();
    long whole =
        bytes * positions() * (channels * tiles + inputs * Math.ceilDiv(tiles, rows) * rows);
    // Half of a transform, for a vector of one tile, and a line of what it reads.
    long vector = 2 * bytes * lanes * Math.max(perTile(sums), perTile(this.rows));
    return whole + vector <= CpuTarget.MOST_STACK_BYTES;
  }

  /** The elements of half a transform that one tile has for a channel. */
  private static long perTile(Stage stage) {
    List<Axis> axes = stage.op().axes();
    return axes.subList(1, axes.size() - 1).stream()
        .mapToLong(Axis::size)
        .reduce(1, (a, b) -> a * b);
  }

  /** The tiles that one product is of. */
  private long atOnce(long block) {
    return block == 0 ? tiles().size() : Math.min(tiles().size(), block * across());
  }

  /** As many rows as fit; all at once where the weight would not stay in the cache meanwhile. */
  private long preferredBlock(SketchState state, List<Long> blocks, long down) {
    double positions = positions();
    double channels = product.op().axes().getLast().size();
    double inputs = product.op().reduceAxes().getFirst().size();
    double weight = 4 * positions * channels * inputs;
    long tiles = tiles().size();
    double perRow = 4 * positions * (channels + inputs) * across();
    double cache = state.target().caches().l2();
    if (weight > cache / 2 || 4 * positions * (channels + inputs) * tiles < cache / 2) {
      return 0;
    }
    return blocks.stream()
        .filter(block -> block * perRow <= BLOCK_BYTES && 2 * block <= down)
        .reduce(0L, Math::max);
  }

  /** How many products there are for each tile and pair of channels. */
  private long positions() {
    List<Axis> axes = product.op().axes();
    return axes.subList(0, axes.size() - 2).stream()
        .mapToLong(Axis::size)
        .reduce(1, Math::multiplyExact);
  }

  private Axis tiles() {
    return product.op().axes().get(product.op().axes().size() - 2);
  }

  private long across() {
    return Math.ceilDiv(consumer.op().axes().get(image.w).size(), size);
  }

  /** Divides the outermost loops among the threads; returns the loop inside which blocks are. */
  private static String outermost(
      SketchState state, String stage, List<String> outer, boolean threads) {
    String loop = outer.getLast();
    if (outer.size() > 1) {
      Fuse fuse = new Fuse(stage, outer);
      state.apply(fuse);
      loop = fuse.fused();
    }
    if (threads) {
      state.apply(new Parallel(stage, loop));
    }
    return loop;
  }

  /**
   * Half of a transform, computed inside the other half for a vector of channels. All of a small
   * one is in registers; of a large one, a line is.
   *
   * @param lines index of the axis that is not transformed, which a loop walks
   */
  private void transform(SketchState state, Stage stage, int lines) {
    int vector = stage.op().axes().size() - 1;
    boolean large = positions() > MOST_UNROLLED;
    List<Integer> order = new ArrayList<>(IntStream.range(2, vector).boxed().toList());
    order.add(1);
    if (large) {
      order.remove((Integer) lines);
      order.addFirst(lines);
    }
    List<String> loops = new ArrayList<>(order.stream().map(i -> axis(stage, i)).toList());
    loops.add(axis(stage, vector));
    state.apply(new Reorder(stage.id(), loops));
    for (String loop : loops.subList(large ? 1 : 0, loops.size() - 1)) {
      state.apply(new Unroll(stage.id(), loop));
    }
    state.apply(new Vectorize(stage.id(), loops.getLast()));
  }

  private void tileProduct(SketchState state, long block, long lanes, boolean threads) {
    String id = product.id();
    int last = product.op().axes().size() - 1;
    long atOnce = atOnce(block);
    long channels = product.op().axes().get(last).size();
    List<RegisterTile> fitting =
        RegisterTile.fitting(state.target(), atOnce, Math.ceilDiv(channels, lanes)).stream()
            .filter(tile -> block == 0 || !threads || fits(block, tile.rows(), lanes))
            .toList();
    List<RegisterTile.Operand> operands =
        List.of(
            new RegisterTile.Operand(true, false, 0, 1.0 / 16),
            new RegisterTile.Operand(false, true, 1, 1));
    RegisterTile tile =
        state.pick(
            id + ".tile",
            fitting,
            RegisterTile.best(state.target(), atOnce, channels, (int) lanes, operands));
    List<String> positions = loops(product, 0, last - 1);
    String t = axis(product, last - 1);
    String c = axis(product, last);
    String k = axis(product, last + 1);
    state.apply(new Split(id, t, List.of((long) tile.rows())));
    state.apply(new Split(id, c, List.of(tile.vectors() * lanes)));
    List<String> order = new ArrayList<>(positions);
    order.addAll(List.of(c + ".0", t + ".0", k, t + ".1", c + ".1"));
    state.apply(new Reorder(id, order));
    state.apply(new Vectorize(id, c + ".1"));
    state.apply(new Unroll(id, t + ".1"));
    if (threads && block == 0) {
      Fuse fuse = new Fuse(id, positions);
      state.apply(fuse);
      state.apply(new Parallel(id, fuse.fused()));
    }
  }

  private static List<String> loops(Stage stage, int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> axis(stage, i)).toList();
  }

  private void tileData(SketchState state, long lanes, boolean threads) {
    String id = data.id();
    int last = data.op().axes().size() - 1;
    String t = axis(data, last - 1);
    String c = axis(data, last);
    List<String> positions = loops(data, 0, last - 1);
    boolean large = positions() > MOST_UNROLLED;
    state.apply(new Split(id, c, List.of(lanes)));
    List<String> order = new ArrayList<>(List.of(t, c + ".0"));
    order.addAll(positions);
    order.add(c + ".1");
    state.apply(new Reorder(id, order));
    for (String loop : positions.subList(large ? 1 : 0, positions.size())) {
      state.apply(new Unroll(id, loop));
    }
    state.apply(new Vectorize(id, c + ".1"));
    String host = c + ".0";
    if (threads && large) {
      Fuse fuse = new Fuse(id, List.of(t, host));
      state.apply(fuse);
      host = fuse.fused();
    }
    if (threads) {
      state.apply(new Parallel(id, large ? host : t));
    }
    state.apply(new ComputeAt(rows.id(), id, host));
    transform(state, rows, 1);
    if (large) {
      loadFirst(state, rows, data, positions.getFirst());
    }
  }

  /**
   * Loads all that an iteration of {@code loop} reads before it computes anything, so that what
   * several of its results need is plainly the same.
   */
  private static void loadFirst(SketchState state, Stage source, Stage reader, String loop) {
    String copy = state.schedule().derivedId(source.id(), "read");
    state.apply(new CacheRead(source.id(), reader.id(), Scope.LOCAL));
    state.apply(new ComputeAt(copy, reader.id(), loop));
    List<String> axes = loops(state.stage(copy), 0, state.stage(copy).op().axes().size());
    for (String axis : axes.subList(0, axes.size() - 1)) {
      state.apply(new Unroll(copy, axis));
    }
    state.apply(new Vectorize(copy, axes.getLast()));
    state.markScheduled(copy);
  }
}
