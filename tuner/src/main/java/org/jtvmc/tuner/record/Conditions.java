package org.jtvmc.tuner.record;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How the time of a candidate was found.
 *
 * @param measured false where nothing ran, because there was no device: then there is an estimate
 *     in place of times
 * @param estimatedMs the symbolic model's estimate of one run; only where nothing ran
 * @param clock of a GPU after the measurement, where it was to be had
 * @param inNetwork whether the times are those of calls in runs of a whole network, between the
 *     kernels before and after, and not of the kernel by itself
 */
public record Conditions(
    boolean measured, OptionalDouble estimatedMs, Optional<DeviceClock> clock, boolean inNetwork) {

  /** Measured, and nothing more is known. */
  public static final Conditions MEASURED =
      new Conditions(true, OptionalDouble.empty(), Optional.empty(), false);

  /** Measured in a network. */
  public static final Conditions IN_NETWORK =
      new Conditions(true, OptionalDouble.empty(), Optional.empty(), true);

  /** Not measured. */
  public static Conditions estimated(double ms) {
    return new Conditions(false, OptionalDouble.of(ms), Optional.empty(), false);
  }

  /** Measured on a GPU. */
  public static Conditions atClock(Optional<DeviceClock> clock) {
    return clock.isEmpty() ? MEASURED : new Conditions(true, OptionalDouble.empty(), clock, false);
  }
}
