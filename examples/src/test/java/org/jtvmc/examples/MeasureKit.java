package org.jtvmc.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code cuda/measure}, run with a program in jtvmc's place. */
final class MeasureKit {

  private static final Path SCRIPTS = Path.of("cuda", "measure").toAbsolutePath();

  private final Path folder;
  private final Path results;

  /** What a run said on standard error, and its exit code. */
  record Outcome(String said, int code) {}

  MeasureKit(Path folder) {
    this.folder = folder;
    this.results = folder.resolve("results");
    requires("bash");
    requires("python3");
  }

  /** Skips the test where there is no such program. */
  static void requires(String program) {
    try {
      var process = new ProcessBuilder(program, "--version").redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      process.waitFor();
    } catch (IOException e) {
      abort("there is no " + program + ": " + e.getMessage());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A program of the kit's {@code bin} folder, which precedes all others. */
  Path program(String name, String script) throws IOException {
    var file = Files.createDirectories(folder.resolve("bin")).resolve(name);
    Files.writeString(file, "#!/usr/bin/env bash\n" + script);
    assertTrue(file.toFile().setExecutable(true));
    return file;
  }

  Outcome run(Map<String, String> environment, String... options)
      throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of("bash", SCRIPTS.resolve("measure.sh").toString()));
    command.addAll(List.of("--out", results.toString()));
    command.addAll(List.of(options));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("JTVMC", folder.resolve("bin/jtvmc").toString());
    builder.environment().merge("PATH", folder.resolve("bin") + ":", (path, bin) -> bin + path);
    builder.environment().putAll(environment);
    var process = builder.start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(said, process.waitFor());
  }

  Outcome run(String... options) throws IOException, InterruptedException {
    return run(Map.of(), options);
  }

  /**
   * The seconds that the first of the stages gets of those that are left.
   *
   * @param setting a line of the script before, or none
   */
  static int share(String pass, String setting, int left, String stages)
      throws IOException, InterruptedException {
    var script =
        "source %s/steps.sh; source %s/stages.sh; pass=%s; %s\nshare %d %s"
            .formatted(SCRIPTS, SCRIPTS, pass, setting, left, stages);
    var process = new ProcessBuilder("bash", "-c", script).redirectErrorStream(true).start();
    var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor() == 0, text);
    return Integer.parseInt(text.strip());
  }

  /** What the status of a step says of a key. */
  String status(String step, String key) throws IOException {
    return Files.readAllLines(results.resolve("steps").resolve(step + ".status")).stream()
        .filter(line -> line.startsWith(key + "="))
        .map(line -> line.substring(key.length() + 1))
        .findFirst()
        .orElseThrow();
  }

  boolean has(String step) {
    return Files.exists(results.resolve("steps").resolve(step + ".status"));
  }

  String report() throws IOException {
    return Files.readString(results.resolve("report.md"));
  }

  /** What {@code report.py} makes of a folder of results. */
  static String reportOf(Path results) throws IOException, InterruptedException {
    var process =
        new ProcessBuilder("python3", SCRIPTS.resolve("report.py").toString(), results.toString())
            .redirectErrorStream(true)
            .start();
    var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor() == 0, text);
    return text;
  }
}
