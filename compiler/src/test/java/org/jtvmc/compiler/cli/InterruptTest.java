package org.jtvmc.compiler.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jtvmc.compiler.onnx.OnnxBuilder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a program leaves behind that ends by Ctrl-C: nothing in the folder for temporary files. */
class InterruptTest {

  private static final int CASES = 200;

  private static final int SIGINT = 2;

  @TempDir Path folder;
  private Path temporary;
  private Path model;

  @BeforeEach
  void aModel() throws IOException {
    temporary = Files.createDirectory(folder.resolve("tmp"));
    model = SmallModels.convolution(folder);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void conformanceSaysWhatWasDoneAndLeavesNothing(boolean all) throws Exception {
    Path cases = cases();

    Ended ended =
        interrupted(
            all,
            file -> file.getFileName().toString().endsWith(".so"),
            "conformance",
            cases.toString(),
            "--json");

    assertEquals(ExitCode.INTERRUPTED, ended.code, ended.out + ended.err);
    assertEquals(List.of(), left());
    var document = new CommandLineRun(ended.code, ended.out, ended.err).json();
    assertTrue(document.get("interrupted").asBoolean());
    assertTrue(document.get("total").asInt() < CASES);
    assertEquals(0, document.get("failed").asInt(), ended.out);
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "verify", "bench", "roofline"})
  void aModelThatIsCompiledForAVerbLeavesNothing(String verb) throws Exception {
    Ended ended = interrupted(false, _ -> true, verb, model.toString());

    assertEquals(ExitCode.INTERRUPTED, ended.code, ended.out + ended.err);
    assertEquals(List.of(), left());
  }

  @Test
  void compilingLeavesNothingBesideTheLibraryEither() throws Exception {
    Path out = folder.resolve("out");

    Ended ended = interrupted(false, _ -> true, "compile", model.toString(), "-o", out.toString());

    assertEquals(ExitCode.INTERRUPTED, ended.code, ended.out + ended.err);
    assertEquals(List.of(), left());
    assertEquals(List.of(), hidden(out));
  }

  /** The process that measures starts first of all. */
  @Test
  void tuningThatHasReadNothingYetLeavesNothing() throws Exception {
    Ended ended =
        interrupted(
            true,
            _ -> true,
            "tune",
            model.toString(),
            "--tuning-records",
            folder.resolve("records.jsonl").toString());

    assertEquals(ExitCode.INTERRUPTED, ended.code, ended.out + ended.err);
    assertEquals(List.of(), left());
  }

  @Test
  void tuningCompilesWithWhatItHasAndLeavesNothing() throws Exception {
    Path out = folder.resolve("out");
    Path records = folder.resolve("records.jsonl");

    Ended ended =
        interruptedWhen(
            () -> Files.exists(records) && Files.size(records) > 0,
            true,
            "tune",
            model.toString(),
            "--tuning-records",
            records.toString(),
            "-o",
            out.toString());

    assertEquals(ExitCode.INTERRUPTED, ended.code, ended.out + ended.err);
    assertEquals(List.of(), left());
    assertEquals(List.of(), hidden(out));
    assertTrue(Files.exists(out.resolve("libconvolution.so")), ended.out + ended.err);
  }

  @Test
  void aComparisonWithOnnxRuntimeLeavesNothing() throws Exception {
    Process process = start("verify", model.toString());

    assertTrue(process.waitFor(120, TimeUnit.SECONDS));
    assertEquals(List.of(), left());
  }

  private record Ended(int code, String out, String err) {}

  /**
   * Runs a verb in a process and session of its own, and interrupts it when a file is there.
   *
   * @param all whether its processes get the signal too, as from a terminal
   * @param file what to wait for in the folder for temporary files
   */
  private Ended interrupted(boolean all, Predicate<Path> file, String... arguments)
      throws Exception {
    return interruptedWhen(() -> left().stream().anyMatch(file), all, arguments);
  }

  private Ended interruptedWhen(Callable<Boolean> moment, boolean all, String... arguments)
      throws Exception {
    Process process = start(arguments);
    while (process.isAlive() && !moment.call()) {
      Thread.sleep(2);
    }
    String pid = (all ? "-" : "") + process.pid();
    new ProcessBuilder("kill", "-INT", "--", pid).start().waitFor();
    assertTrue(process.waitFor(120, TimeUnit.SECONDS), "it does not end");
    return new Ended(
        process.exitValue(),
        Files.readString(folder.resolve("stdout")),
        Files.readString(folder.resolve("stderr")));
  }

  private Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("setsid"));
    if (ignoresInterrupts()) {
      command.addAll(List.of("env", "--default-signal=INT"));
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:-UsePerfData",
            "-XX:TieredStopAtLevel=1",
            "-Xss16m",
            "-Djava.io.tmpdir=" + temporary,
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("TMPDIR", temporary.toString());
    builder.environment().remove("ORT_DISABLE_TELEMETRY");
    return builder
        .redirectOutput(folder.resolve("stdout").toFile())
        .redirectError(folder.resolve("stderr").toFile())
        .start();
  }

  /**
   * Whether this process was started with SIGINT ignored, as a shell does in the background: its
   * children would ignore it as well, and no JVM changes that.
   */
  private static boolean ignoresInterrupts() throws IOException {
    String ignored =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .findFirst()
            .orElseThrow();
    return (Long.parseUnsignedLong(ignored.substring(7).strip(), 16) & (1L << (SIGINT - 1))) != 0;
  }

  /** All that is in the folder for temporary files. */
  private List<Path> left() throws IOException {
    return below(temporary);
  }

  private static List<Path> hidden(Path out) throws IOException {
    return Files.exists(out)
        ? below(out).stream().filter(file -> file.getFileName().toString().startsWith(".")).toList()
        : List.of();
  }

  private static List<Path> below(Path root) throws IOException {
    List<Path> found = new ArrayList<>();
    List<Path> folders = new ArrayList<>(List.of(root));
    while (!folders.isEmpty()) {
      Path next = folders.removeLast();
      // What is deleted meanwhile is no longer there.
      try (Stream<Path> files = Files.list(next)) {
        files.forEach(
            file -> {
              found.add(file);
              if (Files.isDirectory(file)) {
                folders.add(file);
              }
            });
      } catch (NoSuchFileException _) {
        found.remove(next);
      }
    }
    return found;
  }

  /** Cases without inputs, whose results are drawn. */
  private Path cases() throws IOException {
    OnnxBuilder drawn = new OnnxBuilder("m", 17);
    drawn.output(
        drawn.node("RandomNormal").ints("shape", 2).output(), TensorProto.DataType.FLOAT, 2);
    byte[] result =
        TensorProto.newBuilder()
            .setDataType(TensorProto.DataType.FLOAT.getNumber())
            .addDims(2)
            .addFloatData(7)
            .addFloatData(8)
            .build()
            .toByteArray();
    Path cases = Files.createDirectory(folder.resolve("cases"));
    for (int i = 0; i < CASES; i++) {
      Path set = Files.createDirectories(cases.resolve("case" + i).resolve("test_data_set_0"));
      drawn.write(set.resolveSibling("model.onnx"));
      Files.write(set.resolve("output_0.pb"), result);
    }
    return cases;
  }
}
