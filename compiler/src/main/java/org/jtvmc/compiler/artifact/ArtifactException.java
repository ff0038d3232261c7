package org.jtvmc.compiler.artifact;

/** An artifact that cannot be read or written; the message is one sentence for a person. */
public final class ArtifactException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ArtifactException(String message) {
    super(message);
  }

  ArtifactException(String message, Throwable cause) {
    super(message, cause);
  }
}
