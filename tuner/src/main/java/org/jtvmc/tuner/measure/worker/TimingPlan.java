package org.jtvmc.tuner.measure.worker;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jtvmc.codegen.load.CompiledKernel.Timing;
import org.jtvmc.codegen.load.Surroundings;
import org.jtvmc.tuner.measure.Runner.Effort;

/**
 * How often a candidate is run: once or twice where it is clearly slower than the best, longer the
 * closer it comes.
 */
final class TimingPlan {
  /** Not even cold caches and parked threads explain so much in a kernel that is not short. */
  private static final double LOST_AT_ONCE = 10;

  /** No bad luck explains so much: one that is so many times slower is not timed again. */
  private static final double LOST = 3;

  /** One that is so many times slower twice is given up. */
  private static final double HOPELESS = 1.6;

  /** A kernel that is shorter runs again before it is judged. */
  private static final double SHORT_MS = 2;

  /** One that is so many times slower gets a part of the time. */
  private static final double BEHIND = 1.2;

  /**
   * A sample takes at least so long, so that the clock does not show; and no longer, so that some
   * samples fall between the disturbances of a busy machine.
   */
  private static final double SAMPLE_MS = 0.05;

  /** What happens before a sample takes about so long. */
  private static final double SURROUNDINGS_MS = 0.2;

  private static final int MOST_SAMPLES = 60;

  private static final int FIRST_SAMPLES = 3;

  /** One that is so close to the best is known more exactly, however long its samples take. */
  private static final double CLOSE = 1.05;

  /** The least of the samples is what a candidate takes where another is within this factor. */
  private static final double AGREEING = 1.02;

  /** The same for one that is close to the best. */
  private static final double AGREEING_OF_CLOSE = 1.003;

  /** Where no two agree, no more samples than these are taken for it. */
  private static final int MOST_FOR_AGREEMENT = 5;

  private static final int MOST_FOR_AGREEMENT_OF_CLOSE = 7;

  /** Samples that differ by more than this factor were disturbed, and more are taken. */
  private static final double NOISY = 1.3;

  private final double bestMs;
  private final Effort effort;
  private final Optional<Surroundings> before;

  /**
   * @param before what happens before each sample; each is then a single call, for the next would
   *     find what that one left
   */
  TimingPlan(double bestMs, Effort effort, Optional<Surroundings> before) {
    this.bestMs = bestMs;
    this.effort = effort;
    this.before = before;
  }

  /** Whether a kernel that was run once, to see what it computes, need not be run again. */
  boolean isLost(double firstMs) {
    return firstMs > SHORT_MS && firstMs > LOST_AT_ONCE * bestMs;
  }

  /** The times in milliseconds; {@code measure} makes those of one series of samples. */
  List<Double> time(Function<Timing, List<Double>> measure) {
    return timeFrom(List.of(), measure);
  }

  /**
   * The same for a kernel that was run once, to see what it computes. Where it is not short, that
   * run is as good as any and the first of the times.
   */
  List<Double> time(double checkedMs, Function<Timing, List<Double>> measure) {
    boolean counts = before.isEmpty() && checkedMs >= SHORT_MS;
    return timeFrom(counts ? List.of(checkedMs) : List.of(), measure);
  }

  private List<Double> timeFrom(List<Double> known, Function<Timing, List<Double>> measure) {
    List<Double> times = new ArrayList<>(known.isEmpty() ? measure.apply(series(1, 1)) : known);
    double first = times.getFirst();
    boolean isShort = first < SHORT_MS;
    if (known.isEmpty() && first > LOST * bestMs && !isShort) {
      return times;
    }
    if (first > HOPELESS * bestMs) {
      // The first run after a load finds cold caches and parked threads: a short kernel that is
      // given up after it alone may have been the fastest.
      times.addAll(measure.apply(series(isShort ? 3 : 1, 1)));
      if (Collections.min(times) > HOPELESS * bestMs) {
        return times;
      }
    }
    double once = Collections.min(times);
    int number = before.isPresent() ? 1 : (int) Math.clamp(Math.ceil(SAMPLE_MS / once), 1, 10_000);
    List<Double> samples = new ArrayList<>(measure.apply(series(FIRST_SAMPLES, number)));
    int more = affordable(samples, number);
    if (more > 0) {
      samples.addAll(measure.apply(series(more, number)));
    }
    samples.addAll(0, known);
    while (isUncertain(samples)) {
      samples.addAll(measure.apply(series(1, number)));
    }
    return samples;
  }

  /** How many more samples there is time for. */
  private int affordable(List<Double> samples, int number) {
    double least = Collections.min(samples);
    double budget = budgetMs();
    if (least > BEHIND * bestMs) {
      budget *= 0.3;
    }
    if (Collections.max(samples) > NOISY * least) {
      budget *= 2;
    }
    double sampleMs = least * number + (before.isPresent() ? SURROUNDINGS_MS : 0);
    return (int) Math.clamp(budget / sampleMs - FIRST_SAMPLES, 0, MOST_SAMPLES);
  }

  /** Whether the least sample may be luck that did not come, and is worth another. */
  private boolean isUncertain(List<Double> samples) {
    double[] sorted = samples.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    boolean close = effort == Effort.SEARCH && sorted[0] < CLOSE * bestMs;
    int most = close ? MOST_FOR_AGREEMENT_OF_CLOSE : MOST_FOR_AGREEMENT;
    double within = close ? AGREEING_OF_CLOSE : AGREEING;
    return sorted.length < most && sorted[1] > within * sorted[0];
  }

  private double budgetMs() {
    return switch (effort) {
      case SEARCH -> 10;
      case COMPARE -> 15;
    };
  }

  private Timing series(int repeat, int number) {
    return new Timing(repeat, number, before);
  }
}
