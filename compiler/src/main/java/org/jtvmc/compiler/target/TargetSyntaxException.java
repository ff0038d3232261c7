package org.jtvmc.compiler.target;

/** A text that is no target string; the message says which part is wrong. */
public final class TargetSyntaxException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TargetSyntaxException(String message) {
    super(message);
  }

  TargetSyntaxException(String message, Throwable cause) {
    super(message, cause);
  }
}
