package org.jtvmc.codegen.link;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.CodegenException;

/** One run of a program that reads no input and whose output is only wanted when it fails. */
final class ToolProcess {

  /** How much of a failed program's output a message shows, in characters. */
  private static final int SHOWN = 4000;

  private final String name;
  private final List<String> command;
  private Map<String, String> environment = Map.of();

  ToolProcess(String name, List<String> command) {
    this.name = name;
    this.command = List.copyOf(command);
  }

  ToolProcess withEnvironment(String key, String value) {
    environment = Map.of(key, value);
    return this;
  }

  /**
   * @return what it printed
   * @throws CodegenException when it cannot be started or fails, with what it printed
   */
  String run() {
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = null;
    try {
      process = builder.start();
      process.getOutputStream().close();
      var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      var code = process.waitFor();
      if (code != 0) {
        var shown = output.length() > SHOWN ? output.substring(0, SHOWN) + "..." : output;
        throw new CodegenException(name + " failed with exit code " + code + ": " + shown.strip());
      }
      return output;
    } catch (IOException e) {
      throw new CodegenException(name + " cannot be run: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CodegenException(name + " was interrupted", e);
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
    }
  }
}
