package org.jtvmc.codegen.driver;

/**
 * There is no GPU to work with: no driver, one that is too old, or no device. The message is one
 * sentence for a person.
 */
public final class CudaUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CudaUnavailableException(String message) {
    super(message);
  }

  CudaUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
