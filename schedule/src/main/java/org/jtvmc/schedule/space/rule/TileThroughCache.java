package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.CacheWrite;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;
import org.jtvmc.schedule.step.Vectorize;

/**
 * Reductions one behind the other, block by block: for a block of the last one's results, all that
 * it needs of the others is computed just before it, into buffers that stay in the second cache.
 * What blocks share where windows overlap is computed for each of them.
 *
 * <p>Whether to do so is a decision, against each reduction in loops of its own.
 */
public final class TileThroughCache implements SketchRule {
  private static final List<String> WAYS = List.of("apart", "together");

  /** Larger numbers of rows than a register tile has are not unrolled. */
  private static final long MOST_UNROLLED = 32;

  @Override
  public boolean applies(SketchState state, Stage stage) {
    if (!stage.isRoot() || !stage.isFresh() || stage.isInlined()) {
      return false;
    }
    Likely likely =
        state.answer(
            "chain through the cache in " + stage.id(), Likely.class, () -> likely(state, stage));
    return likely != Likely.NO
        && state
            .pick(stage.id() + ".chain", WAYS, WAYS.get(likely == Likely.FASTER ? 1 : 0))
            .equals(WAYS.get(1));
  }

  /** Whether there is a chain at all, and whether blocks of it are likely to be faster. */
  private enum Likely {
    NO,
    SLOWER,
    FASTER
  }

  private static Likely likely(SketchState state, Stage stage) {
    Optional<TiledChain> chain = TiledChain.of(state, stage).filter(c -> c.source().isPresent());
    Optional<ChainCost> cost = chain.flatMap(c -> ChainCost.of(state, c));
    Optional<ChainBlocks> blocks = chain.flatMap(c -> likelyBlocks(state, c));
    if (cost.isEmpty() || blocks.isEmpty()) {
      return Likely.NO;
    }
    List<Long> best = blocks.get().extents(blocks.get().best(state, cost.get()));
    return cost.get().together(best) < cost.get().apart() ? Likely.FASTER : Likely.SLOWER;
  }

  /** The blocks where the result is tiled along the axes that are best for it. */
  private static Optional<ChainBlocks> likelyBlocks(SketchState state, TiledChain chain) {
    return chain
        .tileAxes(state)
        .flatMap(axes -> ChainBlocks.of(chain, chain.row(axes), chain.vector(axes)));
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    TiledChain chain = TiledChain.of(state, stage).orElseThrow();
    ResultCut cut = new ResultCut(chain, ChainCost.of(state, chain).orElseThrow());
    tile(state, chain, cut);
    host(state, chain, cut.extents(), stage.id(), cut.host);
  }

  private static void tile(SketchState state, TiledChain chain, TilePlan.Cut cut) {
    String id = chain.consumer().id();
    String reduction = chain.reduction().id();
    if (id.equals(reduction)) {
      state.apply(new CacheWrite(id));
      reduction = CacheWrite.cacheOf(id);
    }
    TilePlan.of(state, state.stage(id), state.stage(reduction)).orElseThrow().apply(state, cut);
    state.markScheduled(id);
    state.markScheduled(reduction);
  }

  /** Computes what {@code reader} reads inside {@code loop}, and what that reads. */
  private static void host(
      SketchState state, TiledChain reader, List<Long> extents, String result, String loop) {
    TiledChain chain = reader;
    List<Long> needed = extents;
    while (chain.source().isPresent()) {
      TiledChain source = chain.source().get();
      needed = chain.needed(needed);
      state.apply(new ComputeAt(source.consumer().id(), result, loop));
      tile(state, source, new HostedCut(source, needed));
      chain = source;
    }
  }

  /**
   * Decides where among the loops over tiles the one over the vectors' panels stands: innermost, or
   * outermost, so that a window that slides over the others finds what it has read before in the
   * first cache.
   *
   * @param slides whether every panel reads other data
   */
  private static void addPanels(
      SketchState state, String stage, List<String> loops, String panels, boolean slides) {
    String picked =
        state.pick(stage + ".order", List.of("natural", "panels"), slides ? "panels" : "natural");
    if (picked.equals("panels")) {
      loops.addFirst(panels);
    } else {
      loops.addLast(panels);
    }
  }

  /** The result's loops: blocks over the threads, then tiles. */
  private static final class ResultCut implements TilePlan.Cut {
    private final TiledChain chain;
    private final ChainCost cost;
    private ChainBlocks blocks;
    private ChainBlocks.Block block;

    /** The loop over blocks. */
    private String host;

    ResultCut(TiledChain chain, ChainCost cost) {
      this.chain = chain;
      this.cost = cost;
    }

    /** How much of each of the result's axes a block has. */
    List<Long> extents() {
      return blocks.extents(block);
    }

    @Override
    public boolean accepts(int row, int vector) {
      return ChainBlocks.of(chain, row, vector).isPresent();
    }

    @Override
    public TileAxes within(SketchState state, TileAxes axes, int row, int vector) {
      blocks = ChainBlocks.of(chain, row, vector).orElseThrow();
      String id = blocks.consumer().id();
      ChainBlocks.Options options =
          state.answer(
              "blocks of %s, rows %d, vectors %d".formatted(id, row, vector),
              ChainBlocks.Options.class,
              () -> blocks.options(state, cost));
      block = state.pick(id + ".block", options.fitting(), options.best());
      List<Long> extents = extents();
      return axes.within(row < 0 ? 1 : extents.get(row), extents.get(vector));
    }

    @Override
    public String loops(SketchState state, String row, String vector, long rows, long width) {
      String id = blocks.consumer().id();
      List<IterVar> axes = state.stage(id).axes();
      String cut = axes.get(blocks.cut()).id();
      List<String> outer = new ArrayList<>();
      for (IterVar axis : axes) {
        if (!axis.id().equals(row) && !axis.id().equals(vector) && !axis.id().equals(cut)) {
          outer.add(axis.id());
        }
      }
      List<String> tiles = new ArrayList<>();
      List<String> inner = new ArrayList<>();
      if (cut.equals(row)) {
        state.apply(new Split(id, row, List.of(Math.ceilDiv(block.rows(), rows), rows)));
        tiles.add(row + ".1");
        inner.add(row + ".2");
      } else {
        state.apply(new Split(id, cut, List.of(block.rows())));
        tiles.add(cut + ".1");
        if (row != null) {
          state.apply(new Split(id, row, List.of(rows)));
          tiles.add(row + ".0");
          inner.add(row + ".1");
        }
      }
      if (block.width() > 0) {
        state.apply(new Split(id, vector, List.of(Math.ceilDiv(block.width(), width), width)));
        outer.add(vector + ".0");
        addPanels(state, id, tiles, vector + ".1", blocks.byWidth());
        inner.add(vector + ".2");
      } else {
        state.apply(new Split(id, vector, List.of(width)));
        addPanels(state, id, tiles, vector + ".0", blocks.byWidth());
        inner.add(vector + ".1");
      }
      outer.add(cut + ".0");
      List<String> order = new ArrayList<>(outer);
      order.addAll(tiles);
      order.addAll(inner);
      state.apply(new Reorder(id, order));
      OuterLoops.parallelize(
          state, id, outer, ReductionShape.work(chain.reduction()) >= TilePlan.LEAST_PARALLEL_WORK);
      host = ReduceRows.rowLoop(state.stage(id), outer);
      state.apply(new Vectorize(id, inner.getLast()));
      if (row != null && rows <= MOST_UNROLLED) {
        state.apply(new Unroll(id, inner.getFirst()));
      }
      return tiles.getLast();
    }
  }

  /** The loops of a stage inside of a block: tiles of as much as the block needs. */
  private record HostedCut(TiledChain chain, List<Long> extents) implements TilePlan.Cut {

    @Override
    public boolean accepts(int row, int vector) {
      return true;
    }

    @Override
    public TileAxes within(SketchState state, TileAxes axes, int row, int vector) {
      return axes.within(row < 0 ? 1 : extents.get(row), extents.get(vector));
    }

    @Override
    public String loops(SketchState state, String row, String vector, long rows, long width) {
      String id = chain.consumer().id();
      int lane = state.stage(id).axes().stream().map(IterVar::id).toList().indexOf(vector);
      List<String> order = new ArrayList<>();
      for (IterVar axis : state.stage(id).axes()) {
        if (!axis.id().equals(row) && !axis.id().equals(vector)) {
          order.add(axis.id());
        }
      }
      List<String> inner = new ArrayList<>();
      if (row != null) {
        state.apply(new Split(id, row, List.of(rows)));
        order.add(row + ".0");
        inner.add(row + ".1");
      }
      state.apply(new Split(id, vector, List.of(width)));
      inner.add(vector + ".1");
      addPanels(state, id, order, vector + ".0", chain.slidesAlong(lane));
      String last = order.getLast();
      order.addAll(inner);
      state.apply(new Reorder(id, order));
      state.apply(new Vectorize(id, vector + ".1"));
      if (row != null && rows <= MOST_UNROLLED) {
        state.apply(new Unroll(id, row + ".1"));
      }
      return last;
    }
  }
}
