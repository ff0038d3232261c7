package org.jtvmc.compiler.target;

/** A target that this compiler or this machine does not have; the message says what to do. */
public final class TargetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TargetException(String message) {
    super(message);
  }
}
