package org.jtvmc.compiler.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.interpret.GraphEvaluator;
import org.jtvmc.ir.op.control.RandomNumbers;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * ONNX's own cases for single operators, computed by the reference evaluator: the imported graph
 * means what ONNX says. The cases come with Debian's package libonnx-testdata, or lie where {@code
 * jtvmc.onnx.testdata} says.
 *
 * <p>A case that asks for what is not supported is skipped with that sentence as its reason; a
 * wrong answer or any other error fails.
 */
class OnnxBackendSuiteTest {

  private static final Path SUITE =
      Path.of(System.getProperty("jtvmc.onnx.testdata", "/usr/share/libonnx-testdata/data"));

  /** The tolerances of the suite's own runner. */
  private static final double RELATIVE = 1e-3;

  private static final double ABSOLUTE = 1e-7;

  /**
   * Cases whose answers are not ONNX Runtime's either, which leaves them out: some divide by an
   * output size that is not rounded to a whole number, some cut float32 off to bfloat16 instead of
   * rounding.
   */
  private static final Set<String> DISPUTED =
      Set.of(
          "test_resize_downsample_scales_cubic_align_corners",
          "test_resize_downsample_scales_linear_align_corners",
          // The model lacks the epsilon that the answer is for; later versions of the suite have
          // it.
          "test_adam_multiple",
          "test_cast_FLOAT_to_BFLOAT16",
          "test_castlike_FLOAT_to_BFLOAT16",
          "test_castlike_FLOAT_to_BFLOAT16_expanded");

  @TestFactory
  Stream<DynamicTest> cases() {
    assumeTrue(Files.isDirectory(SUITE), SUITE + " is absent; Debian's libonnx-testdata brings it");
    return Stream.of("node", "simple", "pytorch-operator", "pytorch-converted")
        .map(SUITE::resolve)
        .flatMap(OnnxBackendSuiteTest::folders)
        .map(path -> DynamicTest.dynamicTest(path.getFileName().toString(), () -> run(path)));
  }

  private static Stream<Path> folders(Path parent) {
    try (var listed = Files.list(parent)) {
      return listed.sorted().toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void run(Path folder) throws IOException {
    assumeFalse(DISPUTED.contains(folder.getFileName().toString()), "the answer is disputed");
    var model = OnnxModel.read(folder.resolve("model.onnx"));
    List<Path> dataSets;
    try (var listed = Files.list(folder)) {
      dataSets = listed.filter(Files::isDirectory).sorted().toList();
    }
    for (var dataSet : dataSets) {
      try {
        run(model, dataSet);
      } catch (ModelException e) {
        assumeTrue(false, e.getMessage());
      }
    }
  }

  private static void run(OnnxModel model, Path dataSet) throws IOException {
    var inputs = new LinkedHashMap<String, TensorProto>();
    for (var input : model.inputs()) {
      assumeTrue(input.getType().hasTensorType(), "an input is no tensor");
      var file = dataSet.resolve("input_%d.pb".formatted(inputs.size()));
      inputs.put(input.getName(), read(file, input));
    }
    var module = load(model, inputs);
    assumeFalse(RandomNumbers.isDrawnIn(module), "the answer is drawn by chance");
    var arguments =
        module.main().parameters().stream()
            .map(parameter -> array(inputs.get(parameter.name())))
            .toList();
    var outputs =
        module.goesInStages()
            ? inLibrary(model.path(), module, arguments)
            : GraphEvaluator.outputs(module, arguments);
    for (int i = 0; i < outputs.size(); i++) {
      var file = dataSet.resolve("output_%d.pb".formatted(i));
      var expected = array(read(file, model.proto().getGraph().getOutput(i)));
      compare(expected, outputs.get(i), module.outputNames().get(i));
    }
  }

  /** What a run decides over has no meaning but in one. */
  private static List<NDArray> inLibrary(Path model, IRModule module, List<NDArray> arguments)
      throws IOException {
    Path folder = Files.createTempDirectory("jtvmc-case");
    Path library = folder.resolve("libcase.so");
    CpuTarget host = HostCpu.detect().target();
    CompileOptions options =
        CompileOptions.builder("testcase", host).parts(Set.of(CompileOptions.Part.LIB)).build();
    try (ModelRunner runner =
        new ArtifactCompiler(host, CompileListener.NONE)
            .compile(ModelSource.of(model.toString()), module, options, library)
            .load(1)) {
      return runner.run(arguments);
    } finally {
      try (var files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }

  /**
   * Where shapes or bounds are inputs of the case, they are made part of the model: those after the
   * first, or all.
   */
  private static IRModule load(OnnxModel model, Map<String, TensorProto> inputs) {
    ModelException first = null;
    for (int kept = inputs.size(); kept >= 0; kept = kept > 1 ? 1 : kept - 1) {
      var free = inputs.keySet().stream().limit(kept).toList();
      var graph = model.proto().getGraph().toBuilder();
      inputs.forEach(
          (name, contents) -> {
            if (!free.contains(name)) {
              graph.addInitializer(contents.toBuilder().setName(name));
            }
          });
      var shapes = new HashMap<String, List<Long>>();
      free.forEach(name -> shapes.put(name, inputs.get(name).getDimsList()));
      try {
        var fixed = model.proto().toBuilder().setGraph(graph).build();
        return OnnxImporter.standard().load(OnnxModel.of(model.path(), fixed), shapes);
      } catch (ModelException e) {
        first = first == null ? e : first;
      }
    }
    throw first;
  }

  /** The suite keeps bfloat16 as uint16: the declared type tells. */
  private static TensorProto read(Path file, ValueInfoProto declared) throws IOException {
    var tensor = TensorProto.parseFrom(Files.readAllBytes(file));
    int type = declared.getType().getTensorType().getElemType();
    return type == TensorProto.DataType.BFLOAT16_VALUE
        ? tensor.toBuilder().setDataType(type).build()
        : tensor;
  }

  private static NDArray array(TensorProto tensor) {
    var dtype = OnnxTypes.dtype(tensor.getDataType());
    assumeTrue(dtype.isPresent(), "elements of " + OnnxTypes.name(tensor.getDataType()));
    return new NDArray(
        new TensorType(tensor.getDimsList().stream().map(Dim::of).toList(), dtype.get()),
        new TensorBytes(SUITE).of(tensor));
  }

  private static void compare(NDArray expected, NDArray actual, String name) {
    assertEquals(expected.type(), actual.type(), name);
    for (long i = 0; i < expected.elements(); i++) {
      double e = expected.getDouble(i);
      double a = actual.getDouble(i);
      boolean close =
          e == a
              || (Double.isNaN(e) && Double.isNaN(a))
              || Math.abs(e - a) <= ABSOLUTE + RELATIVE * Math.abs(e);
      long at = i;
      assertTrue(close, () -> "%s[%d] is %s, not %s".formatted(name, at, a, e));
    }
  }
}
