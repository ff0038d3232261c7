package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Bind;
import org.jtvmc.schedule.step.CacheWrite;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.OrderStorage;
import org.jtvmc.schedule.step.Rfactor;
import org.jtvmc.schedule.step.SetScope;

/**
 * Products on tensor cores of which the warps of a block share out the reduction: each makes a part
 * of every step for the tile that they have in common, in its registers; then they leave the parts
 * in shared memory and add them up, each some of the results. So few and small tiles still have
 * enough warps to hide each other's waiting, and a block has fewer steps to go through.
 *
 * <pre>
 *   thread for k.1, m.2, n.2:
 *     for k.0 { shared: a[m, k], b[n, k] of this step; for k.2: own[m, n] += a[m, k] * b[n, k] }
 *     shared: part[k.1, m, n] = own[m, n]
 *   thread for m.2, n.2: for k.1: out[m, n] += part[k.1, m, n]
 * </pre>
 *
 * @param product as it was
 * @param others its rows and columns
 * @param rows the numbers of the axes that are rows, outermost first
 * @param columns those of the columns
 * @param cores how tensor cores make it
 * @param tile of a block
 */
record PartsInBlock(
    Stage product,
    List<Axis> others,
    List<Integer> rows,
    List<Integer> columns,
    CoreProduct cores,
    BlockTile tile) {

  /** Elements by which rows of parts are apart, so that four of them lie in different banks. */
  private static final long PADDING = 8;

  /**
   * Decides how long a step of the reduction is and divides it; the stage is the sum of parts then.
   *
   * @param operands of the product as it was
   * @param sizes what a block computes of each axis of the result
   * @return the loop over the steps
   */
  String factor(SketchState state, SharedOperands operands, Map<String, Long> sizes) {
    String steps = operands.splitReduction(state, sizes, tile.parts());
    List<String> loops = state.stage(product.id()).leaves().stream().map(IterVar::id).toList();
    state.apply(new Rfactor(product.id(), loops.get(loops.indexOf(steps) + 1), true));
    return steps;
  }

  /**
   * Has the block make the parts.
   *
   * @param parts of the product's axes
   * @param consumer what takes the sum
   * @param block its loop over blocks
   * @param steps the loop over the steps of the reduction
   */
  void make(
      SketchState state, Map<Integer, Parts> parts, String consumer, String block, String steps) {
    String id = Rfactor.factorOf(product.id());
    state.markScheduled(id);
    state.apply(new CacheWrite(id));
    Stage own = state.stage(CacheWrite.cacheOf(id));
    state.markScheduled(own.id());
    state.apply(new ComputeAt(id, consumer, block));
    state.apply(new SetScope(id, Scope.SHARED));
    List<Integer> order = order();
    List<String> axes = own.axes().stream().map(IterVar::id).toList();
    Map<Integer, Parts> ofParts = new LinkedHashMap<>();
    ofParts.put(0, new Parts(1, tile.parts(), 1));
    parts.forEach((axis, size) -> ofParts.put(axis + 1, size));
    long padding = padding(parts);
    state.apply(new OrderStorage(id, order.stream().map(axes::get).toList(), padding));
    TileLoops loops =
        TileLoops.cut(
            state, state.stage(id), order, axis -> ofParts.getOrDefault(axis, Parts.NONE));
    loops.reorder(state, id, loops.blocks());
    String copies = state.fuse(id, loops.virtual());
    String thread = state.fuse(id, loops.threads());
    if (state.stage(id).leaf(copies).orElseThrow().extent() > 1) {
      state.apply(new Bind(id, copies, ThreadTag.VIRTUAL));
    }
    state.apply(new Bind(id, thread, ThreadTag.THREAD_X));
    loops.flatten(state, id);
    state.apply(new ComputeAt(own.id(), id, thread));
    TileLoops.tileProducer(state, own, ofParts, columns.getLast() + 1, steps);

    int along = along(own, steps);
    Map<String, Long> sizes = new LinkedHashMap<>();
    for (int i = 0; i < axes.size(); i++) {
      boolean reduced = i >= own.op().axes().size();
      long whole = reduced ? own.axes().get(i).extent() : 1;
      sizes.put(axes.get(i), ofParts.containsKey(i) ? ofParts.get(i).size() : whole);
    }
    sizes.put(steps, 1L);
    SharedOperands shared =
        new SharedOperands(
            own,
            BlockProduct.operands(state, own),
            tile.threads(),
            Optional.of(new CoreProduct(along, cores.step(), false)),
            others);
    shared.copyAhead(state, product.id(), sizes, steps, tile.residentBlocks(), bytes(parts));
  }

  /** The number of the reduce axis that a warp goes along in a step: what is left of the split. */
  private static int along(Stage own, String steps) {
    String rest = steps.substring(0, steps.length() - 1) + "2";
    return IntStream.range(0, own.op().reduceAxes().size())
        .filter(i -> own.axes().get(own.op().axes().size() + i).id().equals(rest))
        .findFirst()
        .orElseThrow();
  }

  /** The parts outermost, then rows, then columns, whose neighbours lie side by side. */
  private List<Integer> order() {
    List<Integer> order = new ArrayList<>(List.of(0));
    for (int axis = 0; axis < product.op().axes().size(); axis++) {
      if (!rows.contains(axis) && !columns.contains(axis)) {
        order.add(axis + 1);
      }
    }
    rows.forEach(axis -> order.add(axis + 1));
    columns.forEach(axis -> order.add(axis + 1));
    return order;
  }

  private long padding(Map<Integer, Parts> parts) {
    return parts.get(columns.getLast()).size() % (2 * PADDING) == 0 ? PADDING : 0;
  }

  /** What the parts take of shared memory. */
  private long bytes(Map<Integer, Parts> parts) {
    long elements = tile.parts();
    for (Map.Entry<Integer, Parts> entry : parts.entrySet()) {
      boolean last = entry.getKey().equals(columns.getLast());
      elements *= entry.getValue().size() + (last ? padding(parts) : 0);
    }
    return elements * product.op().dtype().bytes();
  }
}
