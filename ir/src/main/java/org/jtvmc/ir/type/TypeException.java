package org.jtvmc.ir.type;

/** An expression whose parts do not fit together; the message is one sentence for a person. */
public final class TypeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TypeException(String message) {
    super(message);
  }

  public TypeException(String message, Throwable cause) {
    super(message, cause);
  }
}
