package org.jtvmc.tests.operators;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.target.CpuTarget;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Models of one node, compiled to a library with default schedules and run, against ONNX Runtime:
 * every operator through every layer. {@code -Djtvmc.seed=N} tries one seed alone.
 */
class CompiledOperatorsAgainstOnnxRuntimeTest {
  private static final int TRIALS = Integer.getInteger("jtvmc.compiled.trials", 1);

  private final CpuTarget host = HostCpu.detect().target();

  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource("org.jtvmc.tests.operators.OperatorCase#all")
  void sameResult(OperatorCase operator) throws IOException {
    Long only = Long.getLong("jtvmc.seed");
    if (only != null) {
      compare(operator, only);
      return;
    }
    for (int trial = 0; trial < TRIALS; trial++) {
      compare(operator, operator.seed(trial));
    }
  }

  private void compare(OperatorCase operator, long seed) throws IOException {
    OneNodeModel model = operator.draw().apply(new Draw(seed));
    String what = model + "; seed " + seed;
    Path file = folder.resolve("node" + Long.toUnsignedString(seed) + ".onnx");
    Files.write(file, model.proto().toByteArray());
    List<NDArray> expected;
    try {
      expected = OnnxRuntimeReference.run(model.proto(), model.inputs());
    } catch (OrtException e) {
      throw new AssertionError("ONNX Runtime refuses " + what, e);
    }
    List<NDArray> actual;
    try {
      actual = run(file, List.copyOf(model.inputs().values()));
    } catch (RuntimeException e) {
      throw new AssertionError("cannot compile " + what, e);
    }
    Closeness.assertAllClose(expected, actual, what);
  }

  private List<NDArray> run(Path file, List<NDArray> inputs) {
    CompileOptions options = CompileOptions.builder("node", host).build();
    Path out = file.resolveSibling(file.getFileName() + ".out");
    try (ModelRunner runner =
        new ArtifactCompiler(host, CompileListener.NONE)
            .compile(ModelSource.of(file.toString()), options, out)
            .load(1)) {
      return runner.run(inputs);
    }
  }
}
