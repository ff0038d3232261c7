package org.jtvmc.ir.data;

import java.io.IOException;
import java.nio.file.Path;

/** A file that is no valid safetensors file; the message is one sentence that names it. */
public final class SafeTensorsException extends IOException {
  private static final long serialVersionUID = 1L;

  SafeTensorsException(Path file, String reason) {
    super("%s is no valid safetensors file: %s".formatted(file, reason));
  }

  SafeTensorsException(Path file, String reason, Throwable cause) {
    super("%s is no valid safetensors file: %s".formatted(file, reason), cause);
  }
}
