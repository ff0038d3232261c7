package org.jtvmc.compiler.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jtvmc.codegen.load.LoadedLibrary;
import org.jtvmc.compiler.npz.Npz;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Small models on their whole way, compared with ONNX Runtime and the interpreter. */
class CompileAndRunTest {

  private static final String BATCH = "ids:[3,7],mask:[3,7]";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"1", "2"})
  void aConvolutionNetworkEqualsOnnxRuntime(String threads) throws IOException {
    var model = SmallModels.convolution(folder).toString();

    var document =
        CommandLineRun.of("verify", model, "--json", "--per-node", "--num-threads", threads)
            .exits(0)
            .json();

    assertTrue(document.get("ok").asBoolean());
    assertEquals("onnxruntime", document.get("reference").asText());
    assertEquals("y", document.at("/outputs/0/name").asText());
    assertTrue(document.at("/outputs/0/max_abs").asDouble() < 1e-5);
    assertTrue(document.at("/outputs/0/max_rel").isNumber());
    assertTrue(document.at("/outputs/0/ok").asBoolean());
    for (var node : document.get("nodes")) {
      assertTrue(node.get("ok").asBoolean(), node.toString());
    }
  }

  /** A kernel reads one number beside vectors: the axis, as the run says. */
  @Test
  void kernelsMayReadOneNumber() throws IOException {
    String model = SmallModels.transform(folder).toString();
    CommandLineRun verified = CommandLineRun.of("verify", model).exits(0);
    assertFalse(verified.err().contains("schedule fails"), verified.err());
  }

  /** The axis of a transform is an input, and the library is compiled for one. */
  @Test
  void aLibraryKnowsTheInputsThatItWasCompiledFor() throws IOException {
    String model = SmallModels.transform(folder).toString();
    String library = folder.resolve("library").toString();
    CommandLineRun.of("compile", model, "--input-values", "axis:1", "-o", library).exits(0);
    String manifest = Files.readString(Path.of(library, "transform.json"));
    assertTrue(manifest.replaceAll("\\s", "").contains("\"input_values\":{\"axis\":[1.0]}"));
    CommandLineRun.of("verify", library).exits(0);
    CommandLineRun.of("verify", model, "--input-values", "axis:1").exits(0);
    Path inputs = folder.resolve("inputs.npz");
    NDArray axis = NDArray.ofLongs(List.of(2L)).reshape(TensorType.of(DType.I64));
    Npz.write(inputs, Map.of("axis", axis));
    CommandLineRun wrong =
        CommandLineRun.of("run", library, "--inputs", inputs.toString()).exits(ExitCode.USAGE);
    assertTrue(wrong.err().contains("'axis' than those that the library was compiled for"));
    CommandLineRun inspected =
        CommandLineRun.of("inspect", model, "--input-values", "axis:1", "--json").exits(0);
    assertEquals(1, inspected.json().at("/input_values/axis/0").asDouble());
  }

  @Test
  void rooflinePlacesEveryKernelUnderMeasuredPeaks() throws IOException {
    var model = SmallModels.convolution(folder).toString();
    var page = folder.resolve("roofline.html");

    var document =
        CommandLineRun.of("roofline", model, "--json", "-o", page.toString(), "--num-threads", "2")
            .exits(0)
            .json();

    assertEquals(2, document.get("peaks").size());
    for (var peaks : document.get("peaks")) {
      for (var name : List.of("fma_gflops", "l1_read_gb_s", "dram_read_gb_s")) {
        assertTrue(peaks.get(name).asDouble() > 0, peaks.toString());
      }
    }
    assertFalse(document.get("kernels").isEmpty());
    for (var kernel : document.get("kernels")) {
      assertTrue(kernel.get("attainable_ms").asDouble() > 0, kernel.toString());
      assertTrue(Files.readString(page).contains(kernel.get("kernel").asText()));
    }
  }

  /** Rounded, and so within the tolerance of its precision and outside of that of another. */
  @ParameterizedTest
  @ValueSource(strings = {"bf16", "fp16"})
  void aModelInSixteenBitsIsCloseToOnnxRuntime(String precision) throws IOException {
    var model = SmallModels.convolution(folder).toString();
    var out = folder.resolve("out").toString();
    CommandLineRun.of("compile", model, "-o", out, "--precision", precision).exits(0);

    var document = CommandLineRun.of("verify", out, "--json", "--per-node").exits(0).json();

    assertTrue(document.at("/outputs/0/max_abs").asDouble() > 1e-6, document.toString());
    CommandLineRun.of("verify", out, "--atol", "1e-7", "--rtol", "1e-7").exits(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"onnxruntime", "interpreter"})
  void aModelOfIntegersAndOpenSizesEqualsEachReference(String reference) throws IOException {
    var model = SmallModels.embedding(folder).toString();

    var document =
        CommandLineRun.of(
                "verify", model, "--json", "--reference", reference, "--input-shapes", BATCH)
            .exits(0)
            .json();

    assertEquals(reference, document.get("reference").asText());
    assertEquals(2, document.get("outputs").size());
  }

  @Test
  void noToleranceFailsWithCodeFour() throws IOException {
    var model = SmallModels.convolution(folder).toString();
    var inputs = folder.resolve("in.npz");
    var x = NDArray.allocate(TensorType.of(DType.F32, 1, 3, 18, 18));
    for (int i = 0; i < x.elements(); i++) {
      x.setDouble(i, Math.sin(i) * 3);
    }
    Npz.write(inputs, Map.of("x", x));

    var run =
        CommandLineRun.of(
            "verify", model, "--json", "--atol", "0", "--rtol", "0", "--inputs", inputs.toString());

    // Summation order alone decides whether all five results are equal to the last bit.
    assertEquals(run.json().get("ok").asBoolean() ? 0 : 4, run.code());
  }

  @Test
  void openSizesAskForShapes() throws IOException {
    var run = CommandLineRun.of("run", SmallModels.embedding(folder).toString()).exits(3);

    assertTrue(run.err().contains("--input-shapes"), run.err());
  }

  @Test
  void aFolderHoldsAllThatOtherProgramsNeed() throws IOException {
    var model = SmallModels.convolution(folder).toString();
    var out = folder.resolve("out");

    CommandLineRun.of("compile", model, "-o", out.toString(), "--weights", "external").exits(0);

    for (var file :
        List.of(
            "libconvolution.so",
            "convolution.h",
            "jtvmc.h",
            "convolution.pc",
            "convolution-config.cmake",
            "convolution.json",
            "convolution.weights")) {
      assertTrue(Files.size(out.resolve(file)) > 0, file);
    }
    try (var files = Files.list(out)) {
      assertEquals(7, files.count());
    }
    var bench = bench(out, "--profile");
    assertEquals(model, bench.get("model").asText());
    assertTrue(bench.get("num_threads").asInt() >= 1);
    assertEquals("onnxruntime", bench.at("/compare/name").asText());
    for (var field : List.of("min", "median", "mean", "p90", "p99", "max")) {
      assertTrue(bench.at("/latency_ms/" + field).asDouble() > 0, field);
      assertTrue(bench.at("/compare/latency_ms/" + field).asDouble() > 0, field);
    }
    assertEquals(
        bench.at("/compare/latency_ms/median").asDouble()
            / bench.at("/latency_ms/median").asDouble(),
        bench.at("/compare/speedup_median").asDouble(),
        1e-9);
    double shares = 0;
    for (var kernel : bench.get("profile")) {
      shares += kernel.get("share").asDouble();
      assertTrue(kernel.get("time_ms").asDouble() > 0);
      assertTrue(kernel.get("gflops").isNumber());
    }
    assertEquals(1, shares, 1e-6);
  }

  /** A profile makes the kernels again: those of the passes that made the library. */
  @Test
  void aProfileLeavesOutThePassesThatWereLeftOut() throws IOException {
    var model = SmallModels.convolution(folder).toString();
    var out = folder.resolve("plain");
    CommandLineRun.of("compile", model, "-o", out.toString(), "--disabled-pass", "FoldConstants")
        .exits(0);

    var manifest = new ObjectMapper().readTree(out.resolve("convolution.json").toFile());
    assertEquals("FoldConstants", manifest.at("/source/disabled_passes/0").asText());
    var kernels = new TreeSet<>(manifest.get("kernels").findValuesAsText("name"));
    var profiled = new TreeSet<>(bench(out, "--profile").get("profile").findValuesAsText("kernel"));
    assertEquals(kernels, profiled);
  }

  /** A process that runs the model holds its workspace and the inputs' results at least. */
  @Test
  void benchSaysHowFarTheModelMakesAProcessGrow() throws IOException {
    assumeTrue(Files.isWritable(Path.of("/proc/self/clear_refs")), "only Linux counts the peak");
    var model = SmallModels.convolution(folder).toString();
    var out = folder.resolve("grown");
    CommandLineRun.of("compile", model, "-o", out.toString()).exits(0);

    var bench = bench(out, "--memory");

    assertTrue(
        bench.get("peak_memory_bytes").asLong() >= bench.get("workspace_bytes").asLong(),
        bench::toString);
    assertTrue(bench.at("/compare/peak_memory_bytes").asLong() > 0, bench::toString);
  }

  @Test
  void kernelsOfOpenSizesAreNotLookedAtOneByOne() throws IOException {
    var model = SmallModels.convolution(folder).toString();
    var out = folder.resolve("open");
    CommandLineRun.of("compile", model, "-o", out.toString(), "--input-shapes", "x:[n,3,18,18]")
        .exits(0);

    for (var verb : List.of("roofline", "verify --per-node", "bench --profile --duration 0")) {
      var words = new ArrayList<>(List.of(verb.split(" ")));
      words.add(1, out.toString());
      var run = CommandLineRun.of(words.toArray(String[]::new)).exits(2);
      assertTrue(run.err().contains("leaves sizes open"), run.err());
    }
    var bench = bench(out);
    assertTrue(bench.at("/latency_ms/min").asDouble() > 0);
    assertTrue(bench.path("gflops_max").isMissingNode());
  }

  private static JsonNode bench(Path out, String... more) {
    var arguments =
        new ArrayList<>(List.of("bench", out.toString(), "--json", "--compare", "onnxruntime"));
    arguments.addAll(List.of("--iterations", "3", "--duration", "0", "--warmup", "1"));
    arguments.addAll(List.of(more));
    return CommandLineRun.of(arguments.toArray(String[]::new)).exits(0).json();
  }

  @Test
  void aSingleLibraryRunsAsItsModelDoes() throws IOException {
    var model = SmallModels.embedding(folder).toString();
    var library = folder.resolve("libother.so").toString();
    var fromModel = folder.resolve("model.npz");
    var fromLibrary = folder.resolve("library.npz");

    CommandLineRun.of("compile", model, "-o", library, "--input-shapes", BATCH).exits(0);
    assertTrue(Files.exists(folder.resolve("other.h")));
    CommandLineRun.of(
            "run", model, "--seed", "5", "--input-shapes", BATCH, "--outputs", fromModel.toString())
        .exits(0);
    CommandLineRun.of("run", library, "--seed", "5", "--outputs", fromLibrary.toString()).exits(0);

    var types = Map.of("rows", TensorType.of(DType.F32, 3, 7, 16));
    var expected = Npz.read(fromModel, types).get("rows");
    var actual = Npz.read(fromLibrary, types).get("rows");
    assertEquals(-1, expected.data().mismatch(actual.data()));
    boolean anyNonZero = false;
    for (int i = 0; i < actual.elements(); i++) {
      anyNonZero |= actual.getDouble(i) != 0;
    }
    assertTrue(anyNonZero);
  }

  @Test
  void theCodeIsShownInEveryForm() throws IOException {
    var model = SmallModels.convolution(folder).toString();
    var out = folder.resolve("out");

    var run =
        CommandLineRun.of(
                "compile",
                model,
                "-o",
                out.toString(),
                "--dump-code",
                "relay,te,loop,ll,asm",
                "--print-ir-after",
                "FuseOperators",
                "--print-pass-times",
                "--emit",
                "lib,obj")
            .exits(0);

    assertTrue(run.out().contains("// after FuseOperators"), run.out());
    assertTrue(run.out().contains(" ms  FoldConstants"), run.out());
    try (var files = Files.list(out.resolve("convolution.code"))) {
      var endings =
          files.map(file -> file.toString().replaceFirst(".*\\.", "")).distinct().sorted().toList();
      assertEquals(List.of("ll", "loop", "relay", "s", "te"), endings);
    }
    assertFalse(Files.exists(out.resolve("convolution.h")));
    assertTrue(Files.isDirectory(out.resolve("convolution.obj")));
  }

  @Test
  void inspectCountsWhatIsThere() throws IOException {
    var document =
        CommandLineRun.of("inspect", SmallModels.convolution(folder).toString(), "--json")
            .exits(0)
            .json();

    assertEquals(216 + 8 + 40, document.get("parameters").asLong());
    assertEquals(1, document.at("/operators/Conv").asInt());
    assertEquals("[1,3,18,18]", document.at("/inputs/0/shape").toString());
    assertEquals("float32", document.at("/outputs/0/dtype").asText());
    // Two operations for each product of the convolution, and some for all else.
    double convolution = 2.0 * 18 * 18 * 8 * 27;
    assertEquals(convolution, document.get("flop").asDouble(), 0.1 * convolution);
    assertEquals(0, document.get("unsupported").size());
  }

  @Test
  void inspectNamesEveryUnknownOperator() throws IOException {
    var model = SmallModels.unknown(folder).toString();

    var unsupported = CommandLineRun.of("inspect", model, "--json").exits(0).json();

    assertEquals(2, unsupported.get("unsupported").size());
    assertEquals("Frobnicate", unsupported.at("/unsupported/0/operator").asText());
    assertEquals("first", unsupported.at("/unsupported/0/nodes/0").asText());
    var run = CommandLineRun.of("compile", model, "-o", folder.resolve("o").toString()).exits(3);
    assertTrue(run.err().contains("Frobnicate") && run.err().contains("Zap"), run.err());
  }

  @Test
  void hostileFilesAreOneSentenceAndCodeThree() throws IOException {
    var whole = Files.readAllBytes(SmallModels.convolution(folder));
    var truncated = Files.write(folder.resolve("cut.onnx"), Arrays.copyOf(whole, whole.length / 2));
    var nonsense = Files.writeString(folder.resolve("text.onnx"), "this is no model at all");
    var empty = Files.write(folder.resolve("empty.onnx"), new byte[0]);
    var relay = Files.writeString(folder.resolve("text.relay"), "def @main( {");

    var noText = Files.write(folder.resolve("bytes.relay"), new byte[] {(byte) 0xff, 0, 1, 2});
    var padded =
        Files.write(folder.resolve("padded.onnx"), Arrays.copyOf(whole, whole.length + 64));
    var reversed = whole.clone();
    for (int i = 0; i < whole.length; i++) {
      reversed[i] = whole[whole.length - 1 - i];
    }
    var backwards = Files.write(folder.resolve("backwards.onnx"), reversed);

    for (var file :
        List.of(
            truncated,
            nonsense,
            empty,
            relay,
            noText,
            padded,
            backwards,
            SmallModels.pattern(folder, "(a"),
            SmallModels.huge(folder))) {
      var out = folder.resolve("hostile").toString();
      for (var verb : List.of(List.of("run"), List.of("compile", "-o", out))) {
        List<String> arguments = new ArrayList<>(verb);
        arguments.add(file.toString());
        var run = CommandLineRun.of(arguments.toArray(String[]::new)).exits(3);
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().contains(file.getFileName().toString()), run.err());
      }
    }
  }

  @Test
  void contextsOfSeveralThreadsShareOneModel()
      throws IOException, InterruptedException, ExecutionException {
    var out = folder.resolve("out");
    CommandLineRun.of("compile", SmallModels.convolution(folder).toString(), "-o", out.toString())
        .exits(0);
    var file = out.resolve("libconvolution.so");
    try (var library = new LoadedLibrary(file, "convolution", 2, Optional.empty());
        var threads = Executors.newFixedThreadPool(4)) {
      var expected = run(library);
      List<Future<NDArray>> runs = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        runs.add(threads.submit(() -> run(library)));
      }
      for (var run : runs) {
        assertEquals(-1, expected.data().mismatch(run.get().data()));
      }
    }
  }

  private static NDArray run(LoadedLibrary library) {
    var input = NDArray.allocate(library.inputs().getFirst().type());
    for (int i = 0; i < input.elements(); i++) {
      input.setDouble(i, i % 17 * 0.25);
    }
    var output = NDArray.allocate(library.outputs().getFirst().type());
    try (var context = library.newContext()) {
      context.run(List.of(input.data(), output.data()));
    }
    return output;
  }
}
