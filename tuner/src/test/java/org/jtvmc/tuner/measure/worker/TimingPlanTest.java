package org.jtvmc.tuner.measure.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jtvmc.codegen.load.CompiledKernel.Timing;
import org.jtvmc.tuner.measure.Runner.Effort;
import org.junit.jupiter.api.Test;

/** How often kernels are run whose times are known. */
class TimingPlanTest {
  private static final double BEST_MS = 4;

  /** The number of calls of a kernel that always takes {@code ms}. */
  private static long calls(double ms, double bestMs) {
    List<Timing> series = new ArrayList<>();
    new TimingPlan(bestMs, Effort.SEARCH, Optional.empty())
        .time(
            timing -> {
              series.add(timing);
              return Collections.nCopies(timing.repeat(), ms);
            });
    return series.stream().mapToLong(timing -> timing.repeat() * timing.number()).sum();
  }

  @Test
  void aCheckedCandidateIsGivenUpOnlyWhereNoColdCachesExplainItsTime() {
    TimingPlan plan = new TimingPlan(BEST_MS, Effort.SEARCH, Optional.empty());
    assertTrue(plan.isLost(11 * BEST_MS));
    assertFalse(plan.isLost(9 * BEST_MS));
    assertFalse(new TimingPlan(0.01, Effort.SEARCH, Optional.empty()).isLost(1));
    assertFalse(
        new TimingPlan(Double.POSITIVE_INFINITY, Effort.SEARCH, Optional.empty()).isLost(1000));
  }

  @Test
  void aHopelessCandidateIsRunOnce() {
    assertEquals(1, calls(3.1 * BEST_MS, BEST_MS));
  }

  @Test
  void oneThatIsClearlySlowerIsRunTwice() {
    assertEquals(2, calls(1.7 * BEST_MS, BEST_MS));
  }

  @Test
  void aShortOneIsNotGivenUpAfterItsFirstRunFoundColdCaches() {
    assertEquals(4, calls(1.0, 0.1));
  }

  @Test
  void theCloserToTheBestTheLongerItIsTimed() {
    long far = calls(1.5 * BEST_MS, BEST_MS);
    long behind = calls(1.3 * BEST_MS, BEST_MS);
    long close = calls(BEST_MS, BEST_MS);
    assertTrue(close > behind, () -> close + " and " + behind);
    assertTrue(behind >= far, () -> behind + " and " + far);
  }

  @Test
  void aKernelOfMicrosecondsRunsManyTimesASample() {
    assertTrue(calls(0.001, 0.001) > 1000);
  }

  @Test
  void samplesThatDifferAreTakenForLonger() {
    int quiet = samples(1.0, 1.0, 1.0);
    int noisy = samples(1.0, 2.0, 1.5);
    assertTrue(noisy > quiet, () -> noisy + " and " + quiet);
  }

  /** How many samples are taken of a kernel whose times repeat themselves in this order. */
  private static int samples(double... ms) {
    List<Double> all =
        new TimingPlan(1.0, Effort.SEARCH, Optional.empty())
            .time(
                timing ->
                    IntStream.range(0, timing.repeat()).mapToObj(k -> ms[k % ms.length]).toList());
    return all.size();
  }
}
