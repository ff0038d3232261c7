package org.jtvmc.tuner.measure;

/** Nothing can be measured, through no fault of a candidate; one sentence for a person. */
public final class MeasureException extends RuntimeException {
  public MeasureException(String message) {
    super(message);
  }

  public MeasureException(String message, Throwable cause) {
    super(message, cause);
  }
}
