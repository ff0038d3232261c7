package org.jtvmc.tests.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Runs Jazzer, a coverage-guided fuzzer, on every reader, each in a process of its own: {@code
 * FuzzReaders FOLDER SECONDS}. Findings are left in the folder, with the bytes that lead to them.
 */
public final class FuzzReaders {
  private static final int LONGEST_INPUT_BYTES = 8192;
  private static final int LONGEST_READING_S = 10;
  private static final int MOST_MEMORY_MB = 3000;
  private static final String INSTRUMENTED = "org.jtvmc.**:ai.onnx.**:org.antlr.**";

  private FuzzReaders() {}

  /** Ends with exit code 1 where there are findings. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path folder = Path.of(arguments[0]).toAbsolutePath();
    int seconds = Integer.parseInt(arguments[1]);
    boolean found = false;
    for (FileReader reader : FileReader.values()) {
      found |= finds(reader, folder.resolve(reader.name().toLowerCase(Locale.ROOT)), seconds);
    }
    if (found) {
      System.exit(1);
    }
  }

  private static boolean finds(FileReader reader, Path folder, int seconds)
      throws IOException, InterruptedException {
    Path seeds = folder.resolve("seeds");
    Path corpus = Files.createDirectories(folder.resolve("corpus"));
    Path findings = Files.createDirectories(folder.resolve("findings"));
    Seeds.write(reader, seeds);
    System.out.printf("%s for %d s%n", reader, seconds);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+EnableDynamicAgentLoading",
            "-Xss16m",
            "-Xmx1g",
            "-Djtvmc.fuzz.reader=" + reader.name(),
            "-cp",
            System.getProperty("java.class.path"),
            "com.code_intelligence.jazzer.Jazzer",
            "--target_class=" + ReaderFuzzer.class.getName(),
            "--instrumentation_includes=" + INSTRUMENTED,
            "--keep_going=20",
            "-timeout=" + LONGEST_READING_S,
            "-rss_limit_mb=" + MOST_MEMORY_MB,
            "-max_len=" + LONGEST_INPUT_BYTES,
            "-max_total_time=" + seconds,
            corpus.toString(),
            seeds.toString()));
    Process fuzzer =
        new ProcessBuilder(command)
            .directory(findings.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    int code = fuzzer.waitFor();
    List<Path> left;
    try (Stream<Path> files = Files.list(findings)) {
      left = files.sorted(Comparator.naturalOrder()).toList();
    }
    System.out.printf(
        "  exit code %d, findings %s; log in %s%n", code, left, folder.resolve("log"));
    return code != 0 || !left.isEmpty();
  }
}
