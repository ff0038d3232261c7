package org.jtvmc.tuner.task;

import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.tuner.record.RecordKey;
import org.jtvmc.tuner.record.RecordTarget;

/**
 * One distinct fused function of a model.
 *
 * @param id its place in the model's list of tasks
 * @param name for people; tasks of the same operators have the same
 * @param weight how often the model runs it
 * @param dag what it computes
 */
public record TuningTask(int id, String name, int weight, ComputeDag dag) {

  public TuningTask {
    if (weight < 1) {
      throw new IllegalArgumentException("a task occurs at least once, not " + weight);
    }
  }

  /** The structural hash, the same on every machine. */
  public String workload() {
    return dag.workloadHash();
  }

  /** Operations of one run. */
  public double flops() {
    return dag.flops();
  }

  /** What its records are found by. */
  public RecordKey key(Target target) {
    return new RecordKey(workload(), RecordTarget.of(target));
  }

  @Override
  public String toString() {
    return "task " + id + " (" + name + ")";
  }
}
