package org.jtvmc.tuner.session;

import java.time.Duration;

/**
 * When all must be done.
 *
 * @param whole the time for everything
 * @param before what of it was over when the session began
 * @param reading what of that was spent on reading the model
 * @param builds whether the model is built after the session, within the same time
 */
public record TimeBudget(Duration whole, Duration before, Duration reading, boolean builds) {

  /** For a session alone. */
  public static TimeBudget of(Duration whole) {
    return new TimeBudget(whole, Duration.ZERO, Duration.ZERO, false);
  }
}
