package org.jtvmc.compiler.npz;

/** An {@code .npz} file that cannot be read, written or used; the message is one sentence. */
public final class NpzException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NpzException(String message) {
    super(message);
  }

  NpzException(String message, Throwable cause) {
    super(message, cause);
  }
}
