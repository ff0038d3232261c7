package org.jtvmc.ir.pass;

/** A list of passes in which one misses what it requires; the message names both passes. */
public final class PassOrderException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  PassOrderException(String message) {
    super(message);
  }
}
