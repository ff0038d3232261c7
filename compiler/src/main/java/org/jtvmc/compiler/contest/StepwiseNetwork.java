package org.jtvmc.compiler.contest;

import org.jtvmc.compiler.run.StepwiseModel;

/**
 * A model's kernels on this machine.
 *
 * @param steps the calls with the first schedules, then those with the second, and so on
 * @param calls of one run
 */
record StepwiseNetwork(StepwiseModel steps, int calls) implements Network {

  @Override
  public double[] run(int[] alternatives) {
    double[] times = new double[calls];
    for (int call = 0; call < calls; call++) {
      times[call] = steps.time(alternatives[call] * calls + call) / 1e6;
    }
    return times;
  }
}
