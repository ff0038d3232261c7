package org.jtvmc.tests.kernels;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The assembler of the CUDA toolkit, where it is installed. */
record Ptxas(Path program) {
  private static final Pattern ENTRY = Pattern.compile("Compiling entry function '([^']+)'");
  private static final Pattern SPILLS = Pattern.compile("(\\d+) bytes spill stores");
  private static final Pattern REGISTERS = Pattern.compile("Used (\\d+) registers");
  private static final Pattern SHARED = Pattern.compile("(\\d+) bytes smem");

  /** What an entry takes of the device: registers and spilled bytes of a thread. */
  record Usage(int registers, int spilledBytes, int sharedBytes) {}

  /** The outcome of one run; a text that is not accepted has a message and no usage. */
  record Result(boolean accepted, String message, Map<String, Usage> entries) {}

  static Optional<Ptxas> find() {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
        .map(folder -> Path.of(folder, "ptxas"))
        .filter(Files::isExecutable)
        .findFirst()
        .map(Ptxas::new);
  }

  /** True where this version assembles for the architecture. */
  boolean knows(String arch) throws IOException, InterruptedException {
    return run(List.of("--list-arch"), "").contains(arch)
        || run(List.of("--help"), "").contains("'" + arch + "'");
  }

  Result assemble(String ptx, String arch) throws IOException, InterruptedException {
    Path file = Files.createTempFile("kernel", ".ptx");
    Path cubin = Files.createTempFile("kernel", ".cubin");
    try {
      Files.writeString(file, ptx);
      Process process =
          new ProcessBuilder(
                  program.toString(),
                  "-v",
                  "-arch=" + arch,
                  file.toString(),
                  "-o",
                  cubin.toString())
              .redirectErrorStream(true)
              .start();
      String text = text(process);
      return new Result(process.waitFor() == 0, text, usages(text));
    } finally {
      Files.delete(file);
      Files.delete(cubin);
    }
  }

  private static Map<String, Usage> usages(String text) {
    Map<String, Usage> usages = new HashMap<>();
    String entry = "";
    int spilled = 0;
    for (String line : text.lines().toList()) {
      Matcher name = ENTRY.matcher(line);
      if (name.find()) {
        entry = name.group(1);
        spilled = 0;
      }
      spilled = Math.max(spilled, number(SPILLS, line));
      if (REGISTERS.matcher(line).find()) {
        usages.put(entry, new Usage(number(REGISTERS, line), spilled, number(SHARED, line)));
      }
    }
    return usages;
  }

  private static int number(Pattern pattern, String line) {
    Matcher matcher = pattern.matcher(line);
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
  }

  private String run(List<String> options, String input) throws IOException, InterruptedException {
    List<String> command = new java.util.ArrayList<>(List.of(program.toString()));
    command.addAll(options);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().close();
    String text = text(process);
    process.waitFor();
    return text;
  }

  private static String text(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
