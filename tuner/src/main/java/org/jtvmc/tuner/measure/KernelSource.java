package org.jtvmc.tuner.measure;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.PackedConstant;

/**
 * A candidate as loops, ready to be compiled.
 *
 * @param kernel what is measured
 * @param packings what rewrites constants once before it
 * @param feeds one for each of {@code kernel}'s inputs
 */
public record KernelSource(PrimFunc kernel, List<Packing> packings, List<Feed> feeds) {

  /** Rewrites the {@code input}-th input of the computation into another order. */
  public record Packing(int input, PrimFunc function) {}

  public KernelSource {
    packings = List.copyOf(packings);
    feeds = List.copyOf(feeds);
    if (feeds.size() != kernel.inputs().size()) {
      throw new IllegalArgumentException(
          "%d inputs are fed from %d places".formatted(kernel.inputs().size(), feeds.size()));
    }
  }

  /** What {@code lowered} says, with inputs counted as in {@code dag}. */
  public static KernelSource of(LoweredKernel lowered, ComputeDag dag) {
    List<Packing> packings = new ArrayList<>();
    for (PackedConstant packed : lowered.packed()) {
      packings.add(new Packing(dag.inputs().indexOf(packed.original()), packed.packing()));
    }
    List<Buffer> made = lowered.packed().stream().map(PackedConstant::packed).toList();
    List<Feed> feeds = new ArrayList<>();
    for (int k = 0; k < lowered.func().inputs().size(); k++) {
      int packing = made.indexOf(lowered.func().inputs().get(k));
      feeds.add(
          packing >= 0
              ? new Feed(true, packing)
              : new Feed(false, dag.inputs().indexOf(lowered.sources().get(k))));
    }
    return new KernelSource(lowered.func(), packings, feeds);
  }
}
