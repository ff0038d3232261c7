package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Split;

/**
 * The order in which a device begins the blocks of a product. Blocks that run at once share what
 * they read of the L2 cache: with whole rows of blocks one after the other they read all of one
 * operand again and again; with {@code group} rows at a time they form a rectangle.
 */
final class BlockOrder {
  private static final long MOST_ROWS = 32;

  private BlockOrder() {}

  /**
   * A loop over blocks.
   *
   * @param elements of the axis that one block has
   */
  record Tiled(String loop, long elements) {}

  /**
   * The loops over blocks in the order that is decided on.
   *
   * @param stage whose loops they are
   * @param product names the decision
   * @param blocks all of them, outermost first
   * @param tiled the outer and the inner one of the product's two
   */
  static List<String> grouped(
      SketchState state, String stage, String product, List<String> blocks, List<Tiled> tiled) {
    Tiled rows = tiled.getFirst();
    Tiled columns = tiled.getLast();
    long height = state.stage(stage).leaf(rows.loop).orElseThrow().extent();
    long width = state.stage(stage).leaf(columns.loop).orElseThrow().extent();
    List<Long> options =
        LongStream.iterate(1, group -> group <= MOST_ROWS, group -> 2 * group)
            .filter(group -> height % group == 0)
            .boxed()
            .toList();
    long atOnce = Math.min(state.gpu().multiprocessors(), height * width);
    long preferred =
        options.stream()
            .min(
                Comparator.comparingDouble(
                    group -> read(group, width, atOnce, rows.elements, columns.elements)))
            .orElseThrow();
    long group = state.pick(product + ".order", options, preferred);
    if (group == 1) {
      return blocks;
    }
    state.apply(new Split(stage, rows.loop, List.of(group)));
    List<String> order = new ArrayList<>(blocks);
    order.set(order.indexOf(rows.loop), rows.loop + ".0");
    order.add(order.indexOf(columns.loop) + 1, rows.loop + ".1");
    return order;
  }

  /** How many rows and columns of elements the blocks that run at once read. */
  private static double read(long group, long width, long atOnce, long ofRow, long ofColumn) {
    double groups = Math.ceil((double) atOnce / (group * width));
    double rows = groups > 1 ? (double) atOnce / width : Math.min(group, atOnce);
    double columns = Math.min(width, Math.ceil((double) atOnce / group));
    return rows * ofRow + columns * ofColumn;
  }
}
