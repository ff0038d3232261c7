package org.jtvmc.compiler.bench;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jtvmc.compiler.plan.KernelUse;
import org.jtvmc.compiler.plan.Value;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.LeastTraffic;

/**
 * The bytes that one call of a kernel has to move at least: each tensor that it is given and gives,
 * once. Of a table of which it looks up a few rows, only as much counts as it can have read.
 *
 * @param activationBytes tensors that a run computes or is given
 * @param weightBytes tensors known when the model was compiled
 */
public record KernelTraffic(long activationBytes, long weightBytes) {

  public long bytes() {
    return activationBytes + weightBytes;
  }

  /**
   * The traffic of one call.
   *
   * @param dag what the kernel computes; its first inputs are the call's
   */
  public static KernelTraffic of(KernelUse use, ComputeDag dag) {
    long activations = 0;
    long weights = 0;
    Set<Value> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int i = 0; i < use.inputs().size(); i++) {
      Value value = use.inputs().get(i);
      if (!seen.add(value.storage())) {
        continue;
      }
      long bytes = value.type().bytes();
      if (i < dag.inputs().size()) {
        bytes = Math.min(bytes, LeastTraffic.readAtMost(dag, dag.inputs().get(i)));
      }
      if (value.storage() instanceof Value.Weight) {
        weights += bytes;
      } else {
        activations += bytes;
      }
    }
    for (Value.Result result : use.outputs()) {
      activations += result.type().bytes();
    }
    return new KernelTraffic(activations, weights);
  }
}
