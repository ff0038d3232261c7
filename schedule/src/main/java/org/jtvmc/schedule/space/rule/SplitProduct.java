package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Rfactor;
import org.jtvmc.schedule.step.Split;

/**
 * Products of few tiles and a long reduction, in parts (split K): blocks make a part of the
 * reduction each, and the last block of each tile adds them up ({@link AddUpInLastBlock}), or a
 * second launch does. So the multiprocessors are busy without tiles so small that each
 * multiplication waits for its operands.
 *
 * <pre>
 *   for m, n: for k: out[m, n] += a[m, k] * b[n, k]
 *
 *   for k.0: for m, n: for k.1: part[k.0, m, n] += a[m, k] * b[n, k]
 *   for m, n: for k.0: out[m, n] += part[k.0, m, n]
 * </pre>
 */
final class SplitProduct {
  private static final long MOST_PARTS = 16;

  private static final long LEAST_PART = 4;

  private SplitProduct() {}

  /**
   * Decides into how many parts to divide the reduction, and divides it.
   *
   * @param consumer what takes the product, or the product itself
   * @return the stage that computes the parts; empty where there is one part
   */
  static Optional<Stage> of(SketchState state, Stage consumer, Stage product) {
    String id = product.id();
    IterVar axis = longest(product);
    boolean addable = !consumer.id().equals(id) || ThreadPlan.innermost(product) >= 0;
    List<Long> options = new ArrayList<>(List.of(1L));
    long preferred = 1;
    Axis reduced =
        product.op().reduceAxes().get(product.axes().indexOf(axis) - product.op().axes().size());
    Optional<ProductCycles.Cost> whole =
        addable ? ProductCycles.inParts(state, product, reduced, 1) : Optional.empty();
    boolean joinable = AddUpInLastBlock.of(state, consumer, product).isPresent();
    // What ordinary units take is counted without a block's first and last cycles.
    double ends =
        BlockProduct.of(state, product).isForCores(state.gpu()) ? CoreTileCost.ENDS_CYCLES : 0;
    double least = whole.map(ProductCycles.Cost::cycles).orElse(0.0);
    for (long parts = 2; whole.isPresent() && parts <= MOST_PARTS; parts *= 2) {
      Optional<ProductCycles.Cost> divided =
          axis.extent() % parts == 0 && axis.extent() / parts >= LEAST_PART
              ? ProductCycles.inParts(state, product, reduced, parts)
              : Optional.empty();
      if (divided.isPresent()) {
        options.add(parts);
        ProductCycles.Cost cost = divided.get();
        double adding = byLaunch(state.gpu(), product, parts) + ends;
        if (joinable) {
          adding = Math.min(adding, byLastBlock(state.gpu(), product, parts, cost));
        }
        double cycles = cost.cycles() + adding;
        preferred = cycles < least ? parts : preferred;
        least = Math.min(least, cycles);
      }
    }
    if (options.size() == 1) {
      return Optional.empty();
    }
    long parts = state.pick(id + ".split", options, preferred);
    if (parts == 1) {
      return Optional.empty();
    }
    state.apply(new Split(id, axis.id(), List.of(axis.extent() / parts)));
    state.apply(new Rfactor(id, axis.id() + ".0", true));
    return Optional.of(state.stage(Rfactor.factorOf(id)));
  }

  /** Cycles of the second launch, and of writing and reading what passes between the two. */
  private static double byLaunch(CudaTarget gpu, Stage product, long parts) {
    return CudaTarget.LAUNCH_SECONDS * gpu.clockHertz()
        + 2 * bytesOfParts(product, parts) / CudaTarget.L2_BYTES_PER_CYCLE / gpu.multiprocessors();
  }

  /**
   * Cycles until blocks have been counted, of writing the parts, and of reading those of a tile by
   * one block.
   */
  private static double byLastBlock(
      CudaTarget gpu, Stage product, long parts, ProductCycles.Cost cost) {
    double rounds = Math.ceil((double) cost.tiles() / gpu.multiprocessors());
    double reading = Math.min(cost.tiles(), gpu.multiprocessors());
    double ofTile = (double) parts * cost.elements() * product.op().dtype().bytes();
    return CudaTarget.COUNTING_CYCLES
        + bytesOfParts(product, parts) / CudaTarget.L2_BYTES_PER_CYCLE / gpu.multiprocessors()
        + rounds * ofTile / gpu.l2BytesPerCycle(reading);
  }

  private static ProductCycles.Cost costOf(Stage sum, BlockPlan.Block block) {
    long elements = 1;
    long tiles = 1;
    for (int i = 0; i < sum.op().axes().size(); i++) {
      long size = block.sizes().get(i + 1);
      elements *= size;
      tiles *= Math.ceilDiv(sum.op().axes().get(i).size(), size);
    }
    return new ProductCycles.Cost(0, elements, tiles);
  }

  private static double bytesOfParts(Stage product, long parts) {
    double elements = product.op().axes().stream().mapToLong(Axis::size).reduce(1, (a, b) -> a * b);
    return parts * elements * product.op().dtype().bytes();
  }

  private static IterVar longest(Stage product) {
    IterVar longest = null;
    for (IterVar axis : product.axes()) {
      if (axis.isReduce() && (longest == null || axis.extent() > longest.extent())) {
        longest = axis;
      }
    }
    return longest;
  }

  /**
   * Schedules the sum of the parts, with what takes it.
   *
   * @param partial the stage that makes the parts
   * @param block what a block of it makes
   */
  static void addUp(
      SketchState state, Stage consumer, Stage product, Stage partial, BlockPlan.Block block) {
    Stage sum = state.stage(product.id());
    Stage last = state.stage(consumer.id());
    Optional<AddUpInLastBlock> joined =
        AddUpInLastBlock.of(state, last, sum).filter(_ -> block.ordered());
    if (joined.isPresent()) {
      long parts = partial.op().axes().getFirst().size();
      boolean shorter =
          byLastBlock(state.gpu(), sum, parts, costOf(sum, block))
              < byLaunch(state.gpu(), sum, parts) + CoreTileCost.ENDS_CYCLES;
      List<String> options = List.of("block", "launch");
      String choice = shorter ? "block" : "launch";
      if (state.pick(product.id() + ".adding", options, choice).equals("block")) {
        joined.get().apply(state, partial, block);
        state.markScheduled(sum.id());
        return;
      }
    }
    SketchRule together = new ReduceInThreads();
    if (together.applies(state, last)) {
      together.apply(state, last);
    } else if (TransposeInBlocks.turns(state, last, sum)) {
      TransposeInBlocks.withOperand(state, last, sum);
    } else {
      new BindThreads().apply(state, last);
      if (sum != last) {
        List<IterVar> loops = state.stage(last.id()).leaves();
        state.apply(new ComputeAt(sum.id(), last.id(), loops.get(1).id()));
      }
    }
    state.markScheduled(sum.id());
  }
}
