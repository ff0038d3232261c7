package org.jtvmc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.compiler.verify.OnnxRuntimeSession;
import org.jtvmc.ir.data.NDArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples do what they say. */
class ExamplesTest {

  private static final long[] SENTENCE = {101, 7592, 2088, 102};

  @TempDir Path folder;

  @Test
  void theJavaExampleRunsAModel() {
    source("zoo:ppocr-cls");

    var outputs = CompileAndRun.run("zoo:ppocr-cls", folder.resolve("out"));

    assertEquals(1, outputs.getFirst().getDouble(0) + outputs.getFirst().getDouble(1), 1e-5);
  }

  @Test
  void theTableComparesDefaultAndTunedSchedules() throws IOException {
    var text = new ByteArrayOutputStream();
    var model = Path.of("workloads", "layer-norm-128x384.relay").toString();

    WorkloadTable.write(
        new PrintStream(text, true, StandardCharsets.UTF_8),
        folder.resolve("records.jsonl"),
        4,
        List.of(model));

    var lines = text.toString(StandardCharsets.UTF_8).lines().toList();
    assertEquals(3, lines.size(), lines.toString());
    assertTrue(lines.getLast().startsWith("| `layer_norm_128x384` | 0.0"), lines.getLast());
    assertTrue(Files.size(folder.resolve("records.jsonl")) > 0);
  }

  @Test
  void theCProgramGivesWhatOnnxRuntimeGives() throws IOException, InterruptedException {
    var source = source("zoo:minilm");
    var artifact = compile(source);
    var expected = folder.resolve("expected.bin");
    try (var runner = artifact.load(1)) {
      Files.write(expected, reference(source, runner));
    }
    var program = folder.resolve("minilm");
    var library = artifact.library().getParent().toString();

    var built =
        run(
            List.of(
                "cc",
                "-std=c11",
                "-Wall",
                "-Werror",
                "-I" + library,
                Path.of("c", "minilm.c").toString(),
                "-L" + library,
                "-lminilm",
                "-Wl,-rpath," + library,
                "-lm",
                "-o",
                program.toString()));
    assertEquals("", built);
    var said = run(List.of(program.toString(), expected.toString()));

    assertTrue(said.contains("largest difference"), said);
  }

  private Artifact compile(ModelSource source) {
    var host = HostCpu.detect().target();
    var options = CompileOptions.builder(source.name(), host).externalWeights(true).build();
    return new ArtifactCompiler(host, CompileListener.NONE)
        .compile(source, options, folder.resolve("minilm-library"));
  }

  private static byte[] reference(ModelSource source, ModelRunner runner) {
    List<NDArray> inputs = new ArrayList<>();
    for (TensorInfo input : runner.inputs()) {
      var array = NDArray.allocate(input.type());
      for (int i = 0; i < SENTENCE.length; i++) {
        switch (input.name()) {
          case "input_ids" -> array.setLong(i, SENTENCE[i]);
          case "attention_mask" -> array.setLong(i, 1);
          default -> array.setLong(i, 0);
        }
      }
      inputs.add(array);
    }
    try (var session = new OnnxRuntimeSession(source.file(), 1);
        var bound = session.bind(runner.inputs(), inputs)) {
      return bound
          .results(runner.outputs())
          .getFirst()
          .data()
          .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    }
  }

  /** The model; the test is skipped where it is not here and cannot be fetched. */
  private static ModelSource source(String name) {
    try {
      return ModelSource.of(name);
    } catch (ModelException e) {
      return abort(e.getMessage());
    }
  }

  /** What a program printed; it must end with code 0. Skips the test where there is none. */
  private static String run(List<String> command) throws InterruptedException {
    try {
      var process = new ProcessBuilder(command).redirectErrorStream(true).start();
      var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, process.waitFor(), text);
      return text;
    } catch (IOException e) {
      return abort("there is no " + command.getFirst() + ": " + e.getMessage());
    }
  }
}
