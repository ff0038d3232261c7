package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
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
 * Products of few tiles and a long reduction, in two launches (split K): blocks make a part of the
 * reduction each, and the second launch adds the parts up. So the multiprocessors are busy without
 * tiles so small that each multiplication waits for its operands.
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

  /** What another launch costs, in seconds. */
  private static final double LAUNCH = 2e-6;

  /** Bytes that a multiprocessor gets of the L2 cache in a cycle. */
  private static final double L2_BYTES = 32;

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
    OptionalDouble whole =
        addable ? BlockPlan.cycles(state, product, reduced, 1) : OptionalDouble.empty();
    // What ordinary units take is counted without a block's first and last cycles.
    double ends = BlockPlan.isForCores(state, product) ? CoreTileCost.ENDS_CYCLES : 0;
    double least = whole.orElse(0);
    for (long parts = 2; whole.isPresent() && parts <= MOST_PARTS; parts *= 2) {
      OptionalDouble divided =
          axis.extent() % parts == 0 && axis.extent() / parts >= LEAST_PART
              ? BlockPlan.cycles(state, product, reduced, parts)
              : OptionalDouble.empty();
      if (divided.isPresent()) {
        options.add(parts);
        double cycles = divided.getAsDouble() + addingUp(state.gpu(), product, parts) + ends;
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
  private static double addingUp(CudaTarget gpu, Stage product, long parts) {
    double elements = product.op().axes().stream().mapToLong(Axis::size).reduce(1, (a, b) -> a * b);
    double bytes = 2 * parts * elements * product.op().dtype().bytes();
    return LAUNCH * gpu.clockHertz() + bytes / L2_BYTES / gpu.multiprocessors();
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

  /** Schedules the sum of the parts, with what takes it. */
  static void addUp(SketchState state, Stage consumer, Stage product) {
    Stage sum = state.stage(product.id());
    Stage last = state.stage(consumer.id());
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
