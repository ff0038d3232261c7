package org.jtvmc.compiler.dataset;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * What the model is worth where nothing may be measured: for kernels that it has not seen, its
 * favourite against the default schedule.
 *
 * @param kernels of which both were measured
 * @param margin by which a favourite has to be ahead to be taken
 * @param taken for so many kernels
 * @param speedup of all kernels, in the geometric mean; the default stays where it was not taken
 * @param slower of those taken, how many lose more than {@link #NOISE}
 * @param worst the time of the worst that was taken over that of the default
 */
public record UntunedQuality(
    int kernels, double margin, int taken, double speedup, int slower, double worst) {

  /** Two measurements of one schedule differ by so much. */
  private static final double NOISE = 0.03;

  /** So many of the favourites taken may be slower, and what they lose is so little of the gain. */
  private static final double TOLERATED = 0.1;

  private static final double STEP = 0.01;
  private static final int STEPS = 50;

  /**
   * One kernel.
   *
   * @param lead of the favourite's score over that of the default schedule
   * @param slowdown the favourite's time over that of the default schedule
   */
  record Favourite(double lead, double slowdown) {}

  /**
   * The least margin of those with which at most a tenth of the favourites taken are slower, and
   * lose at most a tenth of what the others gain.
   */
  static UntunedQuality calibrate(List<Favourite> favourites) {
    for (int step = 0; step < STEPS; step++) {
      List<Favourite> taken = taken(favourites, step * STEP);
      double lost = taken.stream().mapToDouble(f -> Math.max(0, Math.log(f.slowdown))).sum();
      double gained = taken.stream().mapToDouble(f -> Math.max(0, -Math.log(f.slowdown))).sum();
      if (slower(taken) <= TOLERATED * taken.size() && lost <= TOLERATED * gained) {
        return at(favourites, step * STEP);
      }
    }
    return at(favourites, STEPS * STEP);
  }

  private static UntunedQuality at(List<Favourite> favourites, double margin) {
    List<Favourite> taken = taken(favourites, margin);
    double log = taken.stream().mapToDouble(f -> Math.log(f.slowdown)).sum();
    double worst =
        taken.stream()
            .max(Comparator.comparingDouble(Favourite::slowdown))
            .map(Favourite::slowdown)
            .orElse(1.0);
    return new UntunedQuality(
        favourites.size(),
        margin,
        taken.size(),
        Math.exp(-log / Math.max(1, favourites.size())),
        slower(taken),
        worst);
  }

  private static List<Favourite> taken(List<Favourite> favourites, double margin) {
    return favourites.stream().filter(f -> f.lead > margin).toList();
  }

  private static int slower(List<Favourite> taken) {
    return (int) taken.stream().filter(f -> f.slowdown > 1 + NOISE).count();
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "margin %.2f: taken for %d of %d kernels, %d of them slower, the worst %.2f times as slow;"
            + " all together %.3f times as fast",
        margin,
        taken,
        kernels,
        slower,
        worst,
        speedup);
  }
}
