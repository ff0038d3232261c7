package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;
import org.jtvmc.schedule.step.Vectorize;

/**
 * The loops of a stage of which a block computes a tile, from outside inwards.
 *
 * @param blocks over tiles
 * @param tiled those of them that are over more than single elements
 * @param virtual over the virtual threads of a tile
 * @param threads over the threads of a virtual thread
 * @param inner over the neighbouring elements of one thread
 */
record TileLoops(
    List<String> blocks,
    List<BlockOrder.Tiled> tiled,
    List<String> virtual,
    List<String> threads,
    List<String> inner) {
  private static final long MOST_UNROLLED = 1024;

  /**
   * Cuts the axes of a stage.
   *
   * @param axes all axes of the stage, in the order of the loops of each kind
   * @param parts of each axis
   */
  static TileLoops cut(
      SketchState state, Stage stage, List<Integer> axes, IntFunction<Parts> parts) {
    String id = stage.id();
    TileLoops loops =
        new TileLoops(
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>());
    for (int i : axes) {
      String axis = stage.axes().get(i).id();
      Parts own = parts.apply(i);
      if (own.size() == 1) {
        loops.blocks.add(axis);
        continue;
      }
      loops.tiled.add(new BlockOrder.Tiled(axis + ".0", own.size()));
      if (own.isLayered()) {
        List<Long> layers = List.of(own.virtual(), own.threads(), own.inner(), own.lanes());
        state.apply(new Split(id, axis, layers));
        loops.blocks.add(axis + ".0");
        loops.virtual.addAll(List.of(axis + ".1", axis + ".3"));
        loops.threads.addAll(List.of(axis + ".2", axis + ".4"));
        continue;
      }
      state.apply(new Split(id, axis, List.of(own.virtual(), own.threads(), own.elements())));
      loops.blocks.add(axis + ".0");
      loops.virtual.add(axis + ".1");
      loops.threads.add(axis + ".2");
      loops.inner.add(axis + ".3");
    }
    return loops;
  }

  /**
   * Puts the loops in their order.
   *
   * @param outer those over tiles
   */
  void reorder(SketchState state, String id, List<String> outer) {
    List<String> order = new ArrayList<>(outer);
    order.addAll(virtual);
    order.addAll(threads);
    order.addAll(inner);
    state.apply(new Reorder(id, order));
  }

  /** Makes vectors of the innermost loop, and straight code of those around it. */
  void flatten(SketchState state, String id) {
    for (String loop : inner) {
      boolean last = loop.equals(inner.getLast());
      state.apply(last ? new Vectorize(id, loop) : new Unroll(id, loop));
    }
  }

  /**
   * The outer reduction, the inner one, and the tile of one thread inside of it.
   *
   * @param parts of the producer's axes
   * @param column the axis whose neighbours come last, whatever the axes' order
   * @param reduce the outer loop of the reduction
   */
  static void tileProducer(
      SketchState state, Stage producer, Map<Integer, Parts> parts, int column, String reduce) {
    String id = producer.id();
    List<String> order = new ArrayList<>(List.of(reduce));
    List<String> reduced = new ArrayList<>();
    for (IterVar leaf : state.stage(id).leaves()) {
      if (leaf.isReduce() && !leaf.id().equals(reduce)) {
        reduced.add(leaf.id());
      }
    }
    order.addAll(reduced);
    List<String> spatial = new ArrayList<>();
    long elements = 1;
    for (int i = 0; i < producer.op().axes().size(); i++) {
      spatial.add(producer.axes().get(i).id());
      elements *= parts.getOrDefault(i, Parts.NONE).elements();
    }
    order.addAll(spatial);
    state.apply(new Reorder(id, order));
    String last = producer.axes().get(column).id();
    if (!spatial.getLast().equals(last)) {
      List<String> moved = new ArrayList<>(spatial);
      moved.remove(last);
      moved.add(last);
      state.apply(new Reorder(id, moved));
    }
    state.apply(new Vectorize(id, last));
    for (String loop : spatial) {
      if (!loop.equals(last)) {
        state.apply(new Unroll(id, loop));
      }
    }
    long steps = elements;
    for (String loop : reduced.reversed()) {
      steps *= state.stage(id).leaf(loop).orElseThrow().extent();
      if (steps > MOST_UNROLLED) {
        break;
      }
      state.apply(new Unroll(id, loop));
    }
  }
}
