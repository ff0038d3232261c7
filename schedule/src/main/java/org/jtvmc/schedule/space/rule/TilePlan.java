package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.Attachment;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.RegisterTile;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.AutoUnroll;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;
import org.jtvmc.schedule.step.Vectorize;

/**
 * How a reduction (the producer) and the stage that takes its result (the consumer) are tiled.
 *
 * <p>The consumer's loops: its axes outermost, partly parallel; then those over the tiles of one
 * block; then the tile, unrolled and vectorised. The producer is computed for each tile: the outer
 * part of a split reduction, the register tiles of the tile, the rest of the reduction, and
 * innermost the register tile. This is Ansor's SSRSRS structure with the levels that matter named.
 */
final class TilePlan {
  /** Least work for which starting threads pays, in multiply-adds. */
  static final double LEAST_PARALLEL_WORK = 60_000;

  /** Steps to which innermost loops are unrolled at most. */
  private static final List<Integer> UNROLL_LIMITS =
      List.of(0, 4, 16, 64, SlidingWindow.MOST_STATEMENTS);

  private final Stage consumer;
  private final Stage producer;
  private final List<Access> accesses;
  private final int[] consumerAxis;

  private TilePlan(Stage consumer, Stage producer, List<Access> accesses, int[] consumerAxis) {
    this.consumer = consumer;
    this.producer = producer;
    this.accesses = accesses;
    this.consumerAxis = consumerAxis;
  }

  /** The plan; empty where the consumer's loops do not map onto the producer's axes. */
  static Optional<TilePlan> of(SketchState state, Stage consumer, Stage producer) {
    return consumerAxes(state, consumer, producer)
        .map(axes -> new TilePlan(consumer, producer, Access.of(state.schedule(), producer), axes));
  }

  /**
   * The first plan for {@code stage} itself, where it reduces, or for a reduction whose elements it
   * alone takes.
   *
   * @param plan of a reduction and, for each of its axes, the index of the stage's that walks it
   */
  static <P> Optional<P> ofProduct(
      SketchState state, Stage stage, BiFunction<Stage, int[], Optional<P>> plan) {
    if (stage.isReduction()) {
      int[] same = IntStream.range(0, stage.op().axes().size()).toArray();
      return plan.apply(stage, same);
    }
    return Access.of(state.schedule(), stage).stream()
        .map(access -> state.schedule().stageOf(access.tensor()))
        .flatMap(Optional::stream)
        .filter(
            product ->
                product.isReduction()
                    && product.isRoot()
                    && product.isFresh()
                    && !product.isOutput()
                    && !state.isScheduled(product.id())
                    && state.readers(product).size() == 1)
        .flatMap(
            product ->
                consumerAxes(state, stage, product)
                    .flatMap(axes -> plan.apply(product, axes))
                    .stream())
        .findFirst();
  }

  /**
   * For each axis of the producer the index of the consumer's that walks it, or -1; empty where the
   * consumer reads the producer in several ways, or not by its loops alone.
   */
  static Optional<int[]> consumerAxes(SketchState state, Stage consumer, Stage producer) {
    List<Access> reads =
        Access.of(state.schedule(), consumer).stream()
            .filter(access -> access.tensor() == producer.tensor())
            .distinct()
            .toList();
    if (reads.size() != 1) {
      return Optional.empty();
    }
    int[] consumerAxis =
        reads.getFirst().indices().stream().mapToInt(i -> axisOf(consumer, i)).toArray();
    boolean linear =
        reads.getFirst().indices().stream()
            .allMatch(
                index ->
                    consumer.op().axes().stream()
                        .allMatch(axis -> Access.coefficient(index, axis.var()).isPresent()));
    // A loop that the producer does not follow would compute it again each time.
    boolean once =
        consumer.op().axes().stream()
            .allMatch(axis -> axis.size() == 1 || reads.getFirst().dependsOn(axis.var()));
    return linear && once && IntStream.of(consumerAxis).anyMatch(axis -> axis >= 0)
        ? Optional.of(consumerAxis)
        : Optional.empty();
  }

  /** The innermost of the consumer's axes that walks {@code index} in steps of one; -1 for none. */
  private static int axisOf(Stage consumer, PrimExpr index) {
    List<Axis> axes = consumer.op().axes();
    for (int i = axes.size() - 1; i >= 0; i--) {
      OptionalLong factor = Access.coefficient(index, axes.get(i).var());
      if (factor.isPresent() && factor.getAsLong() == 1 && axes.get(i).size() > 1) {
        return i;
      }
    }
    return -1;
  }

  /** How a consumer is cut that does not run over its whole tensor at once. */
  interface Cut {

    /** Whether tiles may lie along these axes of the consumer; for rows, -1 is none. */
    boolean accepts(int row, int vector);

    /**
     * The axes with as much of each as is there at once.
     *
     * @param row the index of the consumer's axis that rows are along; -1 for none
     * @param vector that of the one that vectors are along
     */
    TileAxes within(SketchState state, TileAxes axes, int row, int vector);

    /**
     * Makes the consumer's loops around tiles of {@code rows x width}.
     *
     * @param row the consumer's axis that rows are along, or null for none
     * @param vector the one that vectors are along
     * @return the loop inside which a tile is computed
     */
    String loops(SketchState state, String row, String vector, long rows, long width);
  }

  /** Tiles both, one register tile at a time, in loops that {@code cut} makes. */
  void apply(SketchState state, Cut cut) {
    int lanes = state.target().lanes(producer.op().dtype().bytes());
    List<TileAxes> accepted =
        candidates(state).stream()
            .filter(axes -> cut.accepts(rowOf(axes), consumerAxis[axes.vector()]))
            .toList();
    TileAxes whole = pickAxes(state, accepted);
    TileAxes axes = cut.within(state, whole, rowOf(whole), consumerAxis[whole.vector()]);
    Optional<SlidingWindow> sliding = SlidingWindow.of(state.target(), producer, accesses, axes);
    RegisterTile tile = pickTile(state, axes, sliding);
    long width = Math.min((long) tile.vectors() * lanes, axes.vectorExtent());
    String row = axes.row() < 0 ? null : axis(consumer, consumerAxis[axes.row()]);
    String vector = axis(consumer, consumerAxis[axes.vector()]);
    String hostLoop = cut.loops(state, row, vector, tile.rows(), width);
    state.apply(new ComputeAt(producer.id(), consumer.id(), hostLoop));
    tileProducer(state, axes, tile.rows(), width, false, false, tile, sliding);
    new OperandPacking(producer, accesses).apply(state, axes, tile.rows(), Optional.empty(), 0);
  }

  void apply(SketchState state) {
    String id = producer.id();
    int lanes = state.target().lanes(producer.op().dtype().bytes());
    TileAxes axes = pickAxes(state, candidates(state));
    Optional<SlidingWindow> sliding = SlidingWindow.of(state.target(), producer, accesses, axes);
    RegisterTile tile = pickTile(state, axes, sliding);

    long rows = tile.rows();
    long width = Math.min((long) tile.vectors() * lanes, axes.vectorExtent());
    long blockRows = axes.row() < 0 ? 1 : multiple(state, ".rows", rows, axes.rowExtent());
    long blockWidth = multiple(state, ".width", width, axes.vectorExtent());

    OperandPacking packing = new OperandPacking(producer, accesses);
    long panels = packing.panelsAtOnce(state.target(), axes, rows, width * blockWidth);
    String hostLoop = tileConsumer(state, axes, rows * blockRows, width * blockWidth, panels);
    state.apply(new ComputeAt(id, consumer.id(), hostLoop));
    tileProducer(state, axes, rows, width, blockRows > 1, blockWidth > 1, tile, sliding);
    // One register tile stays in registers.
    long sums =
        blockRows * blockWidth == 1
            ? 0
            : rows * blockRows * width * blockWidth * producer.op().dtype().bytes();
    packing.apply(state, axes, rows, panels(state, axes), sums);
    new InputPlacement(consumer.id(), id, sums).apply(state);
  }

  /** The loop over panels, where that is the outermost and has not become a part of another. */
  private Optional<OperandPacking.Panels> panels(SketchState state, TileAxes axes) {
    String vector = axis(consumer, consumerAxis[axes.vector()]);
    List<IterVar> loops = state.stage(consumer.id()).leaves();
    long width = 1;
    for (IterVar loop : loops) {
      width *= loop.id().startsWith(vector + ".") ? loop.extent() : 1;
    }
    IterVar first = loops.getFirst();
    return first.id().equals(vector + ".0")
        ? Optional.of(
            new OperandPacking.Panels(
                new Attachment.At(consumer.id(), first.id()), width / first.extent()))
        : Optional.empty();
  }

  private List<TileAxes> candidates(SketchState state) {
    return state
        .answer(
            "axes of " + producer.id(),
            TileAxes.Ranked.class,
            () ->
                new TileAxes.Ranked(
                    TileAxes.candidates(
                        state.target(), consumer, producer, accesses, consumerAxis)))
        .axes();
  }

  private int rowOf(TileAxes axes) {
    return axes.row() < 0 ? -1 : consumerAxis[axes.row()];
  }

  private TileAxes pickAxes(SketchState state, List<TileAxes> candidates) {
    List<String> names = candidates.stream().map(this::nameOf).toList();
    String name = state.pick(producer.id() + ".axes", names, names.getFirst());
    return candidates.get(names.indexOf(name));
  }

  private RegisterTile pickTile(SketchState state, TileAxes axes, Optional<SlidingWindow> sliding) {
    int lanes = state.target().lanes(producer.op().dtype().bytes());
    long vectors = Math.ceilDiv(axes.vectorExtent(), (long) lanes);
    List<RegisterTile> tiles = RegisterTile.fitting(state.target(), axes.rowExtent(), vectors);
    RegisterTile preferred =
        sliding
            .filter(SlidingWindow::alone)
            .map(window -> window.tile(tiles, axes.rowExtent(), vectors))
            .orElseGet(() -> axes.best(state.target(), lanes));
    return state.pick(producer.id() + ".tile", tiles, preferred);
  }

  private String nameOf(TileAxes axes) {
    String vector = axis(producer, axes.vector());
    return axes.row() < 0 ? vector : axis(producer, axes.row()) + "*" + vector;
  }

  private static String axis(Stage stage, int index) {
    return stage.axes().get(index).id();
  }

  /** How many register tiles in one direction make a tile of the consumer. */
  private long multiple(SketchState state, String name, long size, long extent) {
    List<Long> options = new ArrayList<>();
    for (long factor : List.of(1L, 2L, 3L, 4L, 6L, 8L)) {
      if (factor == 1 || factor * size <= extent) {
        options.add(factor);
      }
    }
    return state.pick(producer.id() + name, options, 1L);
  }

  /**
   * Cuts the consumer into tiles; returns the loop inside which a tile is computed.
   *
   * @param panels how many are best read one after the other; zero where panels are no thread's own
   */
  private String tileConsumer(
      SketchState state, TileAxes axes, long rows, long width, long panels) {
    String id = consumer.id();
    String vector = axis(consumer, consumerAxis[axes.vector()]);
    String row = axes.row() < 0 ? null : axis(consumer, consumerAxis[axes.row()]);
    List<String> outer = new ArrayList<>();
    for (IterVar axis : consumer.axes()) {
      boolean tiled = axis.id().equals(vector) || axis.id().equals(row);
      outer.add(tiled ? axis.id() + ".0" : axis.id());
    }
    List<String> block = new ArrayList<>();
    List<String> inner = new ArrayList<>();
    if (row != null) {
      state.apply(
          new Split(
              id, row, List.of(blockOf(state, ".rowblock", axes.rowExtent(), rows, 1), rows)));
      block.add(row + ".1");
      inner.add(row + ".2");
    }
    state.apply(
        new Split(
            id,
            vector,
            List.of(blockOf(state, ".block", axes.vectorExtent(), width, panels), width)));
    block.add(vector + ".1");
    inner.add(vector + ".2");

    OuterLoops.Order order =
        OuterLoops.order(state, producer.id(), state.stage(id), outer, vector + ".0", accesses);
    List<String> all = new ArrayList<>(order.loops());
    all.addAll(block);
    all.addAll(inner);
    state.apply(new Reorder(id, all));
    boolean worthThreads = ReductionShape.work(producer) >= LEAST_PARALLEL_WORK;
    OuterLoops.parallelize(state, id, order.loops(), worthThreads, panels > 0);
    state.apply(new Vectorize(id, vector + ".2"));
    if (row != null && rows <= 32) {
      state.apply(new Unroll(id, row + ".2"));
    }
    return vector + ".1";
  }

  /** How many tiles, one after the other, make a block whose operands stay in the cache. */
  private long blockOf(SketchState state, String name, long extent, long size, long preferred) {
    List<Long> options = new ArrayList<>();
    for (long factor = 1; factor <= Math.max(1, extent / size); factor *= 2) {
      options.add(factor);
    }
    return state.pick(producer.id() + name, options, Math.max(1, preferred));
  }

  private void tileProducer(
      SketchState state,
      TileAxes axes,
      long rows,
      long width,
      boolean splitRows,
      boolean splitWidth,
      RegisterTile tile,
      Optional<SlidingWindow> sliding) {
    String id = producer.id();
    String vector = axis(producer, axes.vector());
    String row = axes.row() < 0 ? null : axis(producer, axes.row());
    List<String> outer = new ArrayList<>();
    for (int i = 0; i < producer.op().axes().size(); i++) {
      if (i != axes.row() && i != axes.vector()) {
        outer.add(axis(producer, i));
      }
    }
    List<String> between = new ArrayList<>();
    if (splitRows) {
      state.apply(new Split(id, row, List.of(rows)));
      between.add(row + ".0");
      row = row + ".1";
    }
    if (splitWidth) {
      state.apply(new Split(id, vector, List.of(width)));
      between.add(vector + ".0");
      vector = vector + ".1";
    }
    Optional<SlidingWindow> alone = sliding.filter(SlidingWindow::alone);
    List<String> reduced = new ArrayList<>();
    producer.axes().stream().filter(IterVar::isReduce).forEach(axis -> reduced.add(axis.id()));
    windowOrder(state, sliding, tile, reduced);
    List<String> order = new ArrayList<>(outer);
    String longest = longestReduce();
    List<Long> parts = reducePart(producer.leaf(longest).orElseThrow().extent());
    long part = state.pick(id + ".reduce", parts, 0L);
    if (part > 0) {
      state.apply(new Split(id, longest, List.of(part)));
      order.add(longest + ".0");
      reduced.set(reduced.indexOf(longest), longest + ".1");
    }
    order.addAll(between);
    order.addAll(alone.isPresent() ? reduced : new ReductionSteps(tile).apply(state, id, reduced));
    if (row != null) {
      order.add(row);
    }
    order.add(vector);
    state.apply(new Reorder(id, order));
    state.apply(new Vectorize(id, vector));
    if (row != null) {
      state.apply(new Unroll(id, row));
    }
    if (alone.isPresent()) {
      int preferred = preferredUnroll(alone.get().statements(tile));
      int limit = state.pick(id + ".unroll", UNROLL_LIMITS, preferred);
      if (limit > 0) {
        state.apply(new AutoUnroll(id, limit));
      }
    }
  }

  /**
   * Decides whether the loop that moves a window along the rows of the tile comes innermost, so
   * that what one row has read serves the next.
   */
  private void windowOrder(
      SketchState state, Optional<SlidingWindow> window, RegisterTile tile, List<String> reduced) {
    if (window.isEmpty() || !window.get().isOutside()) {
      return;
    }
    boolean rows = window.get().alone() && !window.get().isWide(tile);
    String preferred = rows ? "rows" : "natural";
    String order = state.pick(producer.id() + ".window", List.of("natural", "rows"), preferred);
    if (order.equals("rows")) {
      reduced.remove(window.get().loopId());
      reduced.add(window.get().loopId());
    }
  }

  private static int preferredUnroll(long statements) {
    return statements > SlidingWindow.MOST_STATEMENTS
        ? 0
        : UNROLL_LIMITS.stream().filter(limit -> limit >= statements).findFirst().orElseThrow();
  }

  private String longestReduce() {
    List<Axis> reduceAxes = producer.op().reduceAxes();
    int longest = 0;
    for (int i = 1; i < reduceAxes.size(); i++) {
      if (reduceAxes.get(i).size() > reduceAxes.get(longest).size()) {
        longest = i;
      }
    }
    return producer.axes().get(producer.op().axes().size() + longest).id();
  }

  private static List<Long> reducePart(long extent) {
    List<Long> parts = new ArrayList<>(List.of(0L));
    for (long part = 8; part < extent; part *= 2) {
      parts.add(part);
    }
    return parts;
  }
}
