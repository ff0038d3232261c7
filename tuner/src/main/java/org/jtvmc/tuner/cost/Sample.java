package org.jtvmc.tuner.cost;

import org.jtvmc.tuner.feature.ProgramFeatures;

/**
 * A measured program.
 *
 * @param group programs that compute the same thing: only their times compare
 * @param timeMs of one run; infinite where it failed
 */
public record Sample(String group, ProgramFeatures features, double timeMs) {

  public boolean failed() {
    return Double.isInfinite(timeMs);
  }
}
