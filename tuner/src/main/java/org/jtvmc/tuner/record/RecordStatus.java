package org.jtvmc.tuner.record;

import java.util.Locale;
import java.util.Optional;

/** How the measurement of a candidate ended. */
public enum RecordStatus {
  OK,
  /** The code could not be built: the compiler said no, or died. */
  BUILD,
  /** The kernel could not be loaded or died while it ran. */
  LAUNCH,
  /** Building or running took longer than allowed. */
  TIMEOUT,
  /** The kernel ran, and its output is not the operator's. */
  WRONG_ANSWER;

  /** The spelling in records and reports. */
  public String symbol() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The inverse of {@link #symbol()}. */
  public static Optional<RecordStatus> parse(String symbol) {
    for (RecordStatus status : values()) {
      if (status.symbol().equals(symbol)) {
        return Optional.of(status);
      }
    }
    return Optional.empty();
  }
}
