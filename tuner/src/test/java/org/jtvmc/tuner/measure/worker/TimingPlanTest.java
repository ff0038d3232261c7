package org.jtvmc.tuner.measure.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
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
    // No two samples are within a hundredth of each other.
    double[] restless = {1.14, 1.12, 1.1, 1.08, 1.06, 1.04, 1.02, 1, 1};
    assertEquals(2, samples(BEST_MS, scaled(restless, 2 * BEST_MS)).size());
    assertEquals(3, samples(BEST_MS, scaled(restless, 1.3 * BEST_MS)).size());
    assertEquals(7, samples(BEST_MS, scaled(restless, 0.95 * BEST_MS)).size());
  }

  @Test
  void samplesAreTakenUntilTheLeastTwoAgree() {
    double[] settling = {4, 4.8, 4.4, 4.2, 4.004, 4.2, 4};
    assertEquals(List.of(4.8, 4.4, 4.2, 4.004, 4.2, 4.0), samples(4.1, settling));
    assertEquals(List.of(4.8, 4.4, 4.2, 4.004, 4.2), samples(3.5, settling));
    assertEquals(3, samples(BEST_MS, 4, 4, 4.1, 4).size());
  }

  @Test
  void theRunThatIsCheckedCountsWhereItIsNotShort() {
    assertEquals(List.of(4.2, 4.0, 4.0, 4.0), checked(4.2, 4.0));
    assertEquals(List.of(1.0, 1.0, 1.0), checked(1.9, 1.0).subList(0, 3));
    assertFalse(checked(1.9, 1.0).contains(1.9));
    assertEquals(List.of(7.0, 6.8), checked(7.0, 6.8), "slower twice");
    assertEquals(List.of(30.0, 4.0, 4.0, 4.0), checked(30.0, 4.0), "cold caches");
  }

  /** The times of a kernel that takes {@code ms} after its first run took {@code firstMs}. */
  private static List<Double> checked(double firstMs, double ms) {
    return new TimingPlan(BEST_MS, Effort.SEARCH, Optional.empty())
        .time(firstMs, timing -> Collections.nCopies(timing.repeat(), ms));
  }

  @Test
  void aKernelOfMicrosecondsRunsManyTimesASample() {
    assertTrue(calls(0.001, 0.001) > 1000);
  }

  @Test
  void samplesThatDifferAreTakenForLonger() {
    int quiet = samples(1.0, 1.0, 1.0, 1.0).size();
    int noisy = samples(1.0, 1.0, 2.0, 1.5).size();
    assertTrue(noisy > quiet, () -> noisy + " and " + quiet);
  }

  private static double[] scaled(double[] values, double factor) {
    return Arrays.stream(values).map(value -> value * factor).toArray();
  }

  /** The times of a kernel whose runs take so long, again and again in this order. */
  private static List<Double> samples(double bestMs, double... ms) {
    AtomicInteger runs = new AtomicInteger();
    return new TimingPlan(bestMs, Effort.SEARCH, Optional.empty())
        .time(
            timing ->
                IntStream.range(0, timing.repeat())
                    .mapToObj(_ -> ms[runs.getAndIncrement() % ms.length])
                    .toList());
  }
}
