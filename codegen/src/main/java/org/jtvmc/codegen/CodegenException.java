package org.jtvmc.codegen;

/** Code could not be generated, linked or loaded. The message is a sentence for a person. */
public class CodegenException extends RuntimeException {

  public CodegenException(String message) {
    super(message);
  }

  public CodegenException(String message, Throwable cause) {
    super(message, cause);
  }
}
