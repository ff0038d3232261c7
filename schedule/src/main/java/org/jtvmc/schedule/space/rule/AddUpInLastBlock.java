package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Bind;
import org.jtvmc.schedule.step.CacheWrite;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.JoinLaunch;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;
import org.jtvmc.schedule.step.Vectorize;

/**
 * Parts of a product that blocks have made, added up in the same launch: of the blocks that make
 * the parts of one tile the last one to come adds them, in their order, with what follows. Its
 * threads read vectors side by side.
 *
 * <pre>
 *   block for k.0, tile { part[k.0, tile] = ...
 *     if it is the last of the tile: thread for m, n: for k.0: out[m, n] += part[k.0, m, n] }
 * </pre>
 */
final class AddUpInLastBlock {
  private static final long VECTOR_BYTES = 16;

  /** Vectors of a thread that are written out one after the other. */
  private static final long MOST_UNROLLED = 4;

  private final Stage consumer;
  private final Stage sum;

  /** For each axis of the sum the consumer's; -1 for one of a single element that has none. */
  private final int[] consumerAxis;

  private AddUpInLastBlock(Stage consumer, Stage sum, int[] consumerAxis) {
    this.consumer = consumer;
    this.sum = sum;
    this.consumerAxis = consumerAxis;
  }

  /**
   * How a block is to do it.
   *
   * @param sum the product, or the sum of its parts
   * @return empty where a tile of the product is none of the consumer, or is turned by it
   */
  static Optional<AddUpInLastBlock> of(SketchState state, Stage consumer, Stage sum) {
    if (consumer.id().equals(sum.id())) {
      int[] same = new int[sum.op().axes().size()];
      for (int i = 0; i < same.length; i++) {
        same[i] = i;
      }
      return Optional.of(new AddUpInLastBlock(consumer, sum, same));
    }
    return TilePlan.consumerAxes(state, consumer, sum)
        .map(axes -> new AddUpInLastBlock(consumer, sum, axes))
        .filter(AddUpInLastBlock::isElementwise);
  }

  /** True where both have the same axes, and neighbours are neighbours in both. */
  private boolean isElementwise() {
    List<Axis> own = sum.op().axes();
    List<Axis> others = consumer.op().axes();
    long mapped = 1;
    int innermost = -1;
    for (int i = 0; i < own.size(); i++) {
      int other = consumerAxis[i];
      if (own.get(i).size() != (other < 0 ? 1 : others.get(other).size())) {
        return false;
      }
      mapped *= own.get(i).size();
      innermost = own.get(i).size() > 1 ? other : innermost;
    }
    long all = others.stream().mapToLong(Axis::size).reduce(1, (a, b) -> a * b);
    int last = others.size() - 1;
    while (last > 0 && others.get(last).size() == 1) {
      last--;
    }
    return mapped == all && innermost == last;
  }

  /**
   * Schedules it.
   *
   * @param partial the stage that makes the parts, whose outermost axis numbers them
   * @param block what a block of that stage makes
   */
  void apply(SketchState state, Stage partial, BlockPlan.Block block) {
    Stage adds = sum;
    if (consumer.id().equals(sum.id())) {
      state.apply(new CacheWrite(sum.id()));
      adds = state.stage(CacheWrite.cacheOf(sum.id()));
      state.markScheduled(adds.id());
    }
    String id = consumer.id();
    List<String> blocks = new ArrayList<>();
    String[] inner = new String[consumer.op().axes().size()];
    long elements = cut(state, block.sizes(), blocks, inner);
    List<String> tile = new ArrayList<>();
    for (String axis : inner) {
      if (axis != null) {
        tile.add(axis);
      }
    }
    List<String> order = new ArrayList<>(blocks);
    order.addAll(tile);
    state.apply(new Reorder(id, order));
    state.apply(new Bind(id, state.fuse(id, blocks), ThreadTag.BLOCK_X));
    String all = state.fuse(id, tile);
    long width = width(block.sizes());
    long threads = threads(block.threads(), elements / width);
    state.apply(new Split(id, all, List.of(threads, width)));
    List<IterVar> leaves = state.stage(id).leaves();
    String vectors = leaves.get(1).id();
    String thread = leaves.get(2).id();
    if (leaves.get(1).extent() <= MOST_UNROLLED) {
      state.apply(new Unroll(id, vectors));
    }
    state.apply(new Bind(id, thread, ThreadTag.THREAD_X));
    state.apply(new Vectorize(id, leaves.get(3).id()));
    add(state, adds, thread);
    state.apply(new JoinLaunch(id, partial.id()));
  }

  /** Cuts the consumer's axes into tiles in the order of the parts' blocks. */
  private long cut(SketchState state, List<Long> sizes, List<String> blocks, String[] inner) {
    String id = consumer.id();
    List<IterVar> axes = state.stage(id).axes();
    boolean[] done = new boolean[inner.length];
    long elements = 1;
    for (int i = 0; i < consumerAxis.length; i++) {
      int axis = consumerAxis[i];
      if (axis < 0) {
        continue;
      }
      done[axis] = true;
      long size = sizes.get(i + 1);
      String name = axes.get(axis).id();
      if (size == 1) {
        blocks.add(name);
        continue;
      }
      state.apply(new Split(id, name, List.of(size)));
      blocks.add(name + ".0");
      inner[axis] = name + ".1";
      elements *= Math.min(size, axes.get(axis).extent());
    }
    for (int axis = 0; axis < inner.length; axis++) {
      if (!done[axis]) {
        blocks.add(axes.get(axis).id());
      }
    }
    return elements;
  }

  /** As many as can share out the vectors evenly, so that none lies outside of the tile. */
  private static long threads(long most, long vectors) {
    long threads = Math.min(most, vectors);
    while (vectors % threads != 0) {
      threads--;
    }
    return threads;
  }

  /** Neighbours that one thread takes: they divide a tile's rows, and the rows of the tensor. */
  private long width(List<Long> sizes) {
    int column = sum.op().axes().size() - 1;
    while (column > 0 && sum.op().axes().get(column).size() == 1) {
      column--;
    }
    long row = sum.op().axes().get(column).size();
    long width = VECTOR_BYTES / sum.op().dtype().bytes();
    while (width > 1 && (row % width != 0 || Math.min(row, sizes.get(column + 1)) % width != 0)) {
      width /= 2;
    }
    return width;
  }

  private void add(SketchState state, Stage adds, String thread) {
    state.apply(new ComputeAt(adds.id(), consumer.id(), thread));
    List<String> spatial = new ArrayList<>();
    List<String> order = new ArrayList<>();
    for (IterVar leaf : state.stage(adds.id()).leaves()) {
      (leaf.isReduce() ? order : spatial).add(leaf.id());
    }
    String part = order.getFirst();
    order.addAll(spatial);
    state.apply(new Reorder(adds.id(), order));
    state.apply(new Unroll(adds.id(), part));
    state.apply(new Vectorize(adds.id(), spatial.getLast()));
  }
}
