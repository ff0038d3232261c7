package org.jtvmc.tuner.record;

import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * How the time of a candidate was found.
 *
 * @param measured false where nothing ran, because there was no device: then there is an estimate
 *     in place of times
 * @param estimatedMs the symbolic model's estimate of one run; only where nothing ran
 * @param clockMhz of a GPU's multiprocessors after the measurement, where it was to be had
 * @param inNetwork whether the times are those of calls in runs of a whole network, between the
 *     kernels before and after, and not of the kernel by itself
 */
public record Conditions(
    boolean measured, OptionalDouble estimatedMs, OptionalInt clockMhz, boolean inNetwork) {

  /** Measured, and nothing more is known. */
  public static final Conditions MEASURED =
      new Conditions(true, OptionalDouble.empty(), OptionalInt.empty(), false);

  /** Measured in a network. */
  public static final Conditions IN_NETWORK =
      new Conditions(true, OptionalDouble.empty(), OptionalInt.empty(), true);

  /** Not measured. */
  public static Conditions estimated(double ms) {
    return new Conditions(false, OptionalDouble.of(ms), OptionalInt.empty(), false);
  }

  /** Measured on a GPU. */
  public static Conditions atClock(OptionalInt mhz) {
    return mhz.isEmpty() ? MEASURED : new Conditions(true, OptionalDouble.empty(), mhz, false);
  }
}
