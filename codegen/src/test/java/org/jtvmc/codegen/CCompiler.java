package org.jtvmc.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/** The C compiler of this machine, for tests of what C programs see. Tests skip without one. */
public final class CCompiler {

  /** The runtime's sources. */
  public static final Path RUNTIME = Path.of("src/main/c");

  /** The C programs of the tests. */
  public static final Path PROGRAMS = Path.of("src/test/c");

  private CCompiler() {}

  /**
   * Compiles and links a program, with warnings as errors. Skips the test when this machine has no
   * C compiler, or one that cannot build an empty program with those flags that begin with -f.
   */
  public static void build(Path program, List<Path> sources, String... flags) throws IOException {
    var features =
        Arrays.stream(flags).filter(flag -> flag.startsWith("-f")).toArray(String[]::new);
    var empty = Files.writeString(program.resolveSibling("empty.c"), "int main(void){return 0;}");
    assumeTrue(
        compiles(program, List.of(empty), features),
        "no C compiler \"cc\" that can build a program with " + String.join(" ", features));
    var output = run(command(program, sources, flags));
    assertEquals("", output.text(), "cc");
    assertEquals(0, output.code(), "cc");
  }

  private static boolean compiles(Path program, List<Path> sources, String... flags) {
    try {
      return run(command(program, sources, flags)).code() == 0;
    } catch (IOException e) {
      return false; // there is no program of this name
    }
  }

  private static List<String> command(Path program, Collection<Path> sources, String... flags) {
    var command = new ArrayList<>(List.of("cc", "-std=gnu11", "-O1", "-g", "-pthread"));
    command.addAll(List.of("-Wall", "-Wextra", "-Werror", "-I" + RUNTIME));
    sources.forEach(source -> command.add(source.toString()));
    command.addAll(List.of(flags));
    command.addAll(List.of("-o", program.toString()));
    return command;
  }

  /** What a program printed, and its exit code. */
  public record Output(String text, int code) {}

  public static Output run(List<String> command) throws IOException {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Output(text, process.waitFor());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** Runs a program that prints "ok" when all is well. */
  public static void assertRuns(Path program, String... arguments) throws IOException {
    var command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    // The sanitizers may have remarks of their own before.
    var output = run(command);
    assertTrue(output.code() == 0 && output.text().endsWith("ok\n"), output.toString());
  }
}
