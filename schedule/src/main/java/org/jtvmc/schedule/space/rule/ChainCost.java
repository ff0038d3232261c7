package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.RegisterTile;
import org.jtvmc.schedule.space.SketchState;

/**
 * What a chain costs, in cycles of one core: the arithmetic of all but its last reduction, with
 * what blocks compute twice where they meet, and moving the tensors between its reductions through
 * the cache that holds what there is of them at a time.
 */
final class ChainCost {
  private static final double CACHE_BYTES_PER_CYCLE = 16;
  private static final double MEMORY_BYTES_PER_CYCLE = 6;

  /** Starting the loops of one block. */
  private static final double CYCLES_PER_BLOCK = 2000;

  /** The same where a block is a register tile, and no loop at all. */
  private static final double CYCLES_PER_TILE = 20;

  private final SketchState state;
  private final List<Link> links = new ArrayList<>();
  private final Map<List<Long>, Double> tileCycles = new HashMap<>();

  /** A reduction that another reads, and how it is tiled. */
  private record Link(TiledChain reader, TiledChain chain, TileAxes axes) {}

  private ChainCost(SketchState state) {
    this.state = state;
  }

  /** The cost of {@code chain}; empty where one of its reductions cannot be tiled. */
  static Optional<ChainCost> of(SketchState state, TiledChain chain) {
    ChainCost cost = new ChainCost(state);
    TiledChain reader = chain;
    while (reader.source().isPresent()) {
      TiledChain source = reader.source().get();
      Optional<TileAxes> axes = source.tileAxes(state);
      if (axes.isEmpty()) {
        return Optional.empty();
      }
      cost.links.add(new Link(reader, source, axes.get()));
      reader = source;
    }
    return cost.links.isEmpty() ? Optional.empty() : Optional.of(cost);
  }

  /** Every reduction whole, one after the other. */
  double apart() {
    double cycles = 0;
    for (Link link : links) {
      List<Long> whole = sizes(link.chain.consumer());
      double bytes = bytes(link, whole);
      boolean stays = bytes / state.target().cores() < state.target().caches().l2() / 8.0;
      cycles +=
          cycles(link, whole)
              + 2 * bytes / (stays ? CACHE_BYTES_PER_CYCLE : MEMORY_BYTES_PER_CYCLE);
    }
    return cycles;
  }

  /**
   * Blocks of the result one after the other, each with all that it needs.
   *
   * @param block how much of each of the result's axes a block has
   */
  double together(List<Long> block) {
    List<Long> whole = sizes(links.getFirst().reader.consumer());
    long blocks = 1;
    for (int i = 0; i < block.size(); i++) {
      blocks *= Math.ceilDiv(whole.get(i), block.get(i));
    }
    double bytes = bytes(block);
    boolean stays = bytes < state.target().caches().l2() / 2.0;
    List<List<Long>> extents = extents(block);
    double cycles =
        isTile(block)
            ? CYCLES_PER_TILE
            : CYCLES_PER_BLOCK
                + 2 * bytes / (stays ? CACHE_BYTES_PER_CYCLE : MEMORY_BYTES_PER_CYCLE);
    for (int i = 0; i < links.size(); i++) {
      cycles += cycles(links.get(i), extents.get(i));
    }
    long cores = state.target().cores();
    return cycles * Math.ceilDiv(blocks, cores) * cores;
  }

  /**
   * True where a block and what it needs is one row of vectors each, all of a tile: then it stays
   * in registers. That pays where elements have to be picked out of vectors in any case.
   */
  private boolean isTile(List<Long> block) {
    return links.stream().allMatch(link -> link.reader.skipsElements())
        && isRow(block)
        && extents(block).stream().allMatch(this::isRow);
  }

  private boolean isRow(List<Long> extents) {
    int lanes = state.target().lanes(links.getFirst().chain.reduction().op().dtype().bytes());
    return extents.stream().filter(extent -> extent > 1).count() <= 1
        && extents.stream().allMatch(extent -> extent <= (long) RegisterTile.MOST_VECTORS * lanes);
  }

  /** The size of all that is computed for a block beside the result. */
  double bytes(List<Long> block) {
    List<List<Long>> extents = extents(block);
    double bytes = 0;
    for (int i = 0; i < links.size(); i++) {
      bytes += bytes(links.get(i), extents.get(i));
    }
    return bytes;
  }

  /** How much a block needs of what each link computes. */
  private List<List<Long>> extents(List<Long> block) {
    List<List<Long>> all = new ArrayList<>();
    List<Long> extents = block;
    for (Link link : links) {
      extents = link.reader.needed(extents);
      all.add(extents);
    }
    return all;
  }

  private double cycles(Link link, List<Long> extents) {
    Stage reduction = link.chain.reduction();
    double outputs = 1;
    for (long extent : extents) {
      outputs *= extent;
    }
    double all = 1;
    for (Axis axis : reduction.op().axes()) {
      all *= axis.size();
    }
    double reduced = ReductionShape.work(reduction) / all;
    int row = link.chain.row(link.axes);
    long rows = row < 0 ? 1 : extents.get(row);
    long width = extents.get(link.chain.vector(link.axes));
    int lanes = state.target().lanes(reduction.op().dtype().bytes());
    double step =
        tileCycles.computeIfAbsent(
            List.of((long) links.indexOf(link), rows, width),
            _ -> {
              TileAxes within = link.axes.within(rows, width);
              return within
                  .best(state.target(), lanes)
                  .cycles(within.rowExtent(), within.vectorExtent(), lanes, within.operands());
            });
    return outputs / (rows * (double) width) * step * reduced + outputs / lanes;
  }

  private static double bytes(Link link, List<Long> extents) {
    double bytes = link.chain.consumer().op().dtype().bytes();
    for (long extent : extents) {
      bytes *= extent;
    }
    return bytes;
  }

  private static List<Long> sizes(Stage stage) {
    return stage.op().axes().stream().map(Axis::size).toList();
  }
}
