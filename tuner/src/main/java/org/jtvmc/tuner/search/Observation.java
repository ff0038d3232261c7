package org.jtvmc.tuner.search;

/**
 * The outcome of a candidate's measurement.
 *
 * @param timeMs of one run; infinite where it failed
 */
public record Observation(Candidate candidate, double timeMs) {

  public boolean failed() {
    return Double.isInfinite(timeMs);
  }
}
