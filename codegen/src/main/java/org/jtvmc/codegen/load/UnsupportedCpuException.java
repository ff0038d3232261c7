package org.jtvmc.codegen.load;

/** A library needs instructions that this machine's processor lacks; the message names them. */
public final class UnsupportedCpuException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UnsupportedCpuException(String message) {
    super(message);
  }
}
