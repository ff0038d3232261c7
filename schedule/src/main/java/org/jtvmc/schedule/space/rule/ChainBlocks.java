package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchState;

/**
 * The blocks into which a chain's result can be cut.
 *
 * @param consumer the stage that is written
 * @param row the index of its axis that the rows of register tiles are along; -1 for none
 * @param vector that of the one that vectors are along
 * @param cut that of the one that blocks are cut along: images' rows; may be {@code row}
 * @param byWidth whether blocks may be cut along {@code vector} too, because then they need no more
 *     than their part of what they read
 */
record ChainBlocks(Stage consumer, int row, int vector, int cut, boolean byWidth) {
  private static final List<Long> PARTS =
      List.of(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 10L, 12L, 14L, 16L, 20L, 24L, 28L, 32L, 56L);
  private static final List<Integer> VECTORS = List.of(1, 2, 3, 4, 6, 8, 12, 16);

  /** What a thread may have of its own on its stack for the buffers of a block. */
  private static final double MOST_BYTES = 450 << 10;

  /**
   * One of them.
   *
   * @param rows along {@link ChainBlocks#cut}
   * @param width along {@link ChainBlocks#vector}; 0 for all of it
   */
  record Block(long rows, long width) {

    /** {@code 14x32}: rows by width; {@code 14} for all of the width. */
    @Override
    public String toString() {
      return width == 0 ? Long.toString(rows) : rows + "x" + width;
    }
  }

  /**
   * What there is to choose from.
   *
   * @param best the one that the model takes for the fastest
   */
  record Options(List<Block> fitting, Block best) {
    Options {
      fitting = List.copyOf(fitting);
    }
  }

  /** Those whose buffers fit, and the best of them. */
  Options options(SketchState state, ChainCost cost) {
    return new Options(fitting(state, cost), best(state, cost));
  }

  /** The blocks of {@code chain}; empty where a block would need everything that it reads. */
  static Optional<ChainBlocks> of(TiledChain chain, int row, int vector) {
    int cut = -1;
    for (int i = 0; i < chain.consumer().op().axes().size(); i++) {
      boolean slides = chain.consumer().op().axes().get(i).size() > 1 && chain.slidesAlong(i);
      if (i != vector && slides && (i != row || cut < 0)) {
        cut = i;
      }
    }
    return cut < 0
        ? Optional.empty()
        : Optional.of(
            new ChainBlocks(chain.consumer(), row, vector, cut, chain.slidesAlong(vector)));
  }

  /** Those whose buffers fit, the smallest first; all where none does. */
  List<Block> fitting(SketchState state, ChainCost cost) {
    List<Block> all = all(state);
    List<Block> fitting =
        all.stream().filter(block -> cost.bytes(extents(block)) <= MOST_BYTES).toList();
    return fitting.isEmpty() ? all.subList(0, 1) : fitting;
  }

  private List<Block> all(SketchState state) {
    TreeSet<Long> heights = new TreeSet<>();
    heights.add(1L);
    PARTS.forEach(parts -> heights.add(Math.ceilDiv(size(cut), parts)));
    List<Long> widths = new ArrayList<>();
    long lanes = state.target().lanes(consumer.op().dtype().bytes());
    for (int vectors : VECTORS) {
      if (byWidth && vectors * lanes < size(vector)) {
        widths.add(vectors * lanes);
      }
    }
    widths.add(0L);
    List<Block> blocks = new ArrayList<>();
    for (long height : heights) {
      widths.forEach(width -> blocks.add(new Block(height, width)));
    }
    return blocks;
  }

  /** The one that the model takes for the fastest. */
  Block best(SketchState state, ChainCost cost) {
    return fitting(state, cost).stream()
        .min(Comparator.comparingDouble(block -> cost.together(extents(block))))
        .orElseThrow();
  }

  /** How much of each of the consumer's axes a block has. */
  List<Long> extents(Block block) {
    List<Long> extents = new ArrayList<>();
    for (int i = 0; i < consumer.op().axes().size(); i++) {
      if (i == cut) {
        extents.add(block.rows());
      } else if (i == vector && block.width() > 0) {
        extents.add(block.width());
      } else {
        extents.add(i == row || i == vector ? size(i) : 1L);
      }
    }
    return extents;
  }

  private long size(int axis) {
    return consumer.op().axes().get(axis).size();
  }
}
