package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Bind;
import org.jtvmc.schedule.step.CacheWrite;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.OrderStorage;
import org.jtvmc.schedule.step.Pipeline;
import org.jtvmc.schedule.step.SetScope;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;

/**
 * The steps by which blocks make a {@link BlockChain}, a tile at a time: see {@link ChainInBlocks}.
 *
 * @param scoreCores how tensor cores make the scores; empty where they do not
 * @param lastCores the same of the last product
 */
record ChainSchedule(
    SketchState state,
    BlockChain chain,
    ChainTile tile,
    Optional<CoreProduct> scoreCores,
    Optional<CoreProduct> lastCores) {

  /** Products of a score that are straight code, where ordinary units make them. */
  static final long UNROLLED_STEP = 8;

  /** The same on tensor cores. */
  static final long UNROLLED_CORE_STEP = 64;

  private static final long MOST_STEP = 256;

  /** A step of the values that is worth waiting for. */
  private static final long PREFERRED_STEP_BYTES = 20_000;

  void apply() {
    Stage result = chain.chain().result();
    String last = takeLast();
    WarpGrid.Cut cut =
        tile.ofLast()
            .cut(state, state.stage(result.id()), chain.chain().tiled(), chain.resultColumn());
    String block = state.fuse(result.id(), cut.outer());
    state.apply(new Bind(result.id(), block, ThreadTag.BLOCK_X));
    makeScores(block);
    makeWeights(block);
    state.apply(new ComputeAt(last, result.id(), cut.thread()));
    makeLast(state.stage(last));
  }

  /**
   * Takes the last product from the other rules, and where it is the result has its sums apart.
   *
   * @return the stage that sums
   */
  String takeLast() {
    Stage result = chain.chain().result();
    String last = chain.chain().last().id();
    if (result.isReduction()) {
      state.apply(new CacheWrite(result.id()));
      last = CacheWrite.cacheOf(result.id());
    }
    state.markScheduled(chain.chain().last().id());
    return last;
  }

  /** Leaves the scores of a block's rows in shared memory, some keys after the others. */
  private void makeScores(String block) {
    String result = chain.chain().result().id();
    Scores scores = placeScores(result, block);
    scores.query.copyAt(state, scores.sizes, result, block, false);
    CopyAhead ahead = ahead(chain.scores().id(), scores.keys.bytes(scores.sizes));
    scores.keys.copyAt(state, scores.sizes, chain.scores().id(), scores.turns, ahead.isAsync());
    if (ahead.depth() > 1) {
      state.apply(new Pipeline(chain.scores().id(), scores.turns, ahead.depth(), ahead.way()));
    }
  }

  /**
   * What the scores take, still to be copied.
   *
   * @param sizes what is read together of each axis
   * @param turns the loop over keys
   */
  record Scores(SharedOperands query, SharedOperands keys, Map<String, Long> sizes, String turns) {}

  /** Has the scores made in shared memory inside a loop of another stage. */
  Scores placeScores(String host, String loop) {
    String id = chain.scores().id();
    state.markScheduled(id);
    state.apply(new CacheWrite(id));
    state.apply(new ComputeAt(id, host, loop));
    state.apply(new SetScope(id, Scope.SHARED));
    int row = chain.chain().tiledAxis(chain.scores());
    orderRows(id, chain.key(), ChainTile.SCORE_PADDING);
    WarpGrid.Cut cut = tile.ofScores().cut(state, state.stage(id), row, chain.key());
    Stage own = state.stage(CacheWrite.cacheOf(id));
    state.apply(new ComputeAt(own.id(), id, cut.thread()));
    int spatial = own.op().axes().size();
    String reduce = own.axes().get(spatial).id();
    long step = scoreCores.map(CoreProduct::step).orElse(1L);
    long most = scoreCores.isPresent() ? UNROLLED_CORE_STEP : UNROLLED_STEP;
    while (chain.depth() % (2 * step) == 0 && 2 * step <= most) {
      step *= 2;
    }
    state.apply(new Split(own.id(), reduce, List.of(step)));
    TileLoops.tileProducer(
        state, own, elements(tile.ofScores(), row, chain.key()), chain.key(), reduce + ".0");

    Map<String, Long> sizes = new LinkedHashMap<>();
    for (int i = 0; i <= spatial; i++) {
      sizes.put(own.axes().get(i).id(), i == spatial ? chain.depth() : 1L);
    }
    sizes.put(own.axes().get(row).id(), tile.rows());
    sizes.put(own.axes().get(chain.key()).id(), tile.ofScores().columns().size());
    return new Scores(
        operands(own, chain.query(), scoreCores, chain.scoreAxes()),
        operands(own, chain.keys(), scoreCores, chain.scoreAxes()),
        sizes,
        cut.outer().getLast());
  }

  /** Warps make the weights of a row each, of what threads keep in registers. */
  private void makeWeights(String block) {
    String id = chain.weights().id();
    state.markScheduled(id);
    state.apply(new ComputeAt(id, chain.chain().result().id(), block));
    state.apply(new SetScope(id, Scope.SHARED));
    int rows = chain.chain().rows().size();
    orderRows(id, rows, ChainTile.padding(chain.weights().op().dtype().bytes()));
    String row = chain.weights().axes().get(chain.chain().tiledAxis(chain.weights())).id();
    state.apply(new Split(id, row, List.of(tile.warps())));
    state.apply(new Bind(id, row + ".1", ThreadTag.THREAD_Y));
    long turns = Math.ceilDiv(chain.keyCount(), CudaTarget.WARP) * (tile.rows() / tile.warps());
    if (turns <= ReduceRowsTogether.MOST_KEPT) {
      // A warp's rows wait for their shuffles at the same time.
      state.apply(new Unroll(id, row + ".0"));
    }
    String loop = ReduceRowsTogether.spatialFrom(state, id, rows);
    ReduceRowsTogether.shareLoop(state, id, loop, CudaTarget.WARP);
    ReduceRowsTogether.placeMembers(
        state,
        chain.members(),
        id,
        row + ".1",
        rows,
        chain.chain().tiledAxis(chain.weights()),
        CudaTarget.WARP);
  }

  /** Adds up the last product in registers, the values of some keys after those of others. */
  private void makeLast(Stage last) {
    int row = chain.chain().tiledAxis(chain.chain().last());
    int spatial = last.op().axes().size();
    String reduce = last.axes().get(spatial).id();
    Map<String, Long> sizes = new LinkedHashMap<>();
    for (int i = 0; i < spatial; i++) {
      sizes.put(last.axes().get(i).id(), 1L);
    }
    sizes.put(last.axes().get(row).id(), tile.rows());
    sizes.put(last.axes().get(chain.column()).id(), tile.ofLast().columns().size());
    SharedOperands values = operands(last, chain.values(), lastCores, chain.lastAxes());
    List<Long> options = new ArrayList<>();
    long least = lastCores.map(CoreProduct::step).orElse(UNROLLED_STEP);
    long preferred = least;
    for (long part = least; part <= MOST_STEP && part < 2 * chain.keyCount(); part *= 2) {
      sizes.put(reduce, part);
      long bytes = tile.keptBytes(chain) + values.bytes(sizes);
      boolean whole = lastCores.isEmpty() || chain.keyCount() % part == 0;
      if (part == least || (whole && bytes <= state.gpu().sharedBytesPerBlock())) {
        options.add(part);
        // Two steps at least, so that one is on its way while the other is used.
        boolean few =
            values.bytes(sizes) <= PREFERRED_STEP_BYTES
                && bytes + values.bytes(sizes) <= state.gpu().sharedBytesPerBlock()
                && 2 * part <= chain.keyCount();
        preferred = few ? part : preferred;
      }
    }
    long part = state.pick(chain.chain().last().id() + ".reduce", options, preferred);
    sizes.put(reduce, part);
    long straight = lastCores.isPresent() ? UNROLLED_CORE_STEP : UNROLLED_STEP;
    state.apply(new Split(last.id(), reduce, List.of(part)));
    String inner = reduce + ".1";
    if (part > straight) {
      state.apply(new Split(last.id(), inner, List.of(straight)));
    }
    TileLoops.tileProducer(
        state, last, elements(tile.ofLast(), row, chain.column()), chain.column(), reduce + ".0");
    CopyAhead ahead = ahead(chain.chain().last().id(), values.bytes(sizes));
    values.copyAt(state, sizes, last.id(), reduce + ".0", ahead.isAsync());
    if (ahead.depth() > 1) {
      state.apply(new Pipeline(last.id(), reduce + ".0", ahead.depth(), ahead.way()));
    }
  }

  CopyAhead ahead(String product, long bytes) {
    long others = tile.keptBytes(chain);
    List<CopyAhead> options =
        CopyAhead.fitting(state.gpu(), bytes, others, false).stream()
            .filter(ahead -> chain.copiesWords() || !ahead.isAsync())
            .toList();
    long blocks = tile.resident(chain, state.gpu());
    CopyAhead best =
        CopyAhead.preferred(options, state.gpu(), tile.threads(), bytes, others, blocks);
    return state.pick(product + ".pipeline", options, best);
  }

  SharedOperands operands(
      Stage product, Access operand, Optional<CoreProduct> cores, List<Axis> axes) {
    return new SharedOperands(product, List.of(operand), tile.threads(), cores, axes, true);
  }

  void orderRows(String stage, int innermost, long padding) {
    List<String> order =
        new ArrayList<>(
            state.stage(stage).axes().stream()
                .filter(axis -> !axis.isReduce())
                .map(IterVar::id)
                .toList());
    order.add(order.remove(innermost));
    state.apply(new OrderStorage(stage, order, padding));
  }

  static Map<Integer, Parts> elements(WarpGrid grid, int row, int column) {
    return Map.of(
        row, new Parts(1, 1, grid.rows().elements()),
        column, new Parts(1, 1, grid.columns().elements()));
  }
}
