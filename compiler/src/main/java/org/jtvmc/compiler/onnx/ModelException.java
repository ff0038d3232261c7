package org.jtvmc.compiler.onnx;

/**
 * A model, or a file that belongs to it, cannot be read or is not supported. The message is one
 * sentence for a person: what is wrong, where (file, node or tensor), and what to do.
 */
public class ModelException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public ModelException(String message) {
    super(message);
  }

  public ModelException(String message, Throwable cause) {
    super(message, cause);
  }
}
