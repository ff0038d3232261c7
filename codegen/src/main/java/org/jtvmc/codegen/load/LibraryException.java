package org.jtvmc.codegen.load;

import org.jtvmc.codegen.CodegenException;

/**
 * A compiled library, or what it was given, cannot be used: a damaged file, missing weights, sizes
 * that the model does not run with, too little memory. The message is a sentence for a person.
 */
public final class LibraryException extends CodegenException {
  private static final long serialVersionUID = 1L;

  LibraryException(String message) {
    super(message);
  }

  LibraryException(String message, Throwable cause) {
    super(message, cause);
  }
}
