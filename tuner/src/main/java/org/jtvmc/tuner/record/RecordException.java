package org.jtvmc.tuner.record;

/** A records file that cannot be read or opened; the message is one sentence for a person. */
public final class RecordException extends RuntimeException {
  public RecordException(String message, Throwable cause) {
    super(message, cause);
  }
}
