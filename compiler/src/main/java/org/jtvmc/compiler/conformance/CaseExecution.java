package org.jtvmc.compiler.conformance;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.artifact.CompileOptions.Part;
import org.jtvmc.compiler.conformance.CaseOutcome.Status;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.compiler.onnx.NeedsValueException;
import org.jtvmc.compiler.onnx.OnnxModel;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.op.control.RandomNumbers;
import org.jtvmc.ir.target.CpuTarget;

/**
 * Runs cases in this process: compiles, loads the library, runs it, compares.
 *
 * <p>Shapes that a model leaves open are those of the case's inputs. Where a shape depends on what
 * an input holds (the target shape of a Reshape that is an input), the model is compiled for the
 * contents that the case gives, and the outcome names the input.
 *
 * @param host this machine
 * @param scratch a folder for libraries
 */
record CaseExecution(CpuTarget host, Path scratch) {

  private static final String NAME = "conformance";

  /** Takes files in formats that each need a library of its own. */
  private static final String DECODER = "ImageDecoder";

  CaseOutcome run(ConformanceCase test) {
    if (!Files.isRegularFile(test.model())) {
      return new CaseOutcome(
          test.name(), Status.SKIPPED, "the model is to be downloaded", List.of(), List.of());
    }
    List<String> operators = List.of();
    List<String> fixed = new ArrayList<>();
    try {
      OnnxModel model = OnnxModel.read(test.model());
      operators = OperatorNames.of(model.proto());
      if (operators.contains(DECODER)) {
        return new CaseOutcome(
            test.name(),
            Status.SKIPPED,
            "decoding image files is left to the application",
            operators,
            fixed);
      }
      List<Path> sets = test.dataSets();
      if (sets.isEmpty()) {
        return new CaseOutcome(
            test.name(), Status.SKIPPED, "there are no inputs and outputs", operators, fixed);
      }
      for (Path set : sets) {
        Optional<Difference> difference = run(test, model.proto().getGraph(), set, fixed);
        if (difference.isPresent()) {
          return difference.get().outcome(test.name(), operators, fixed);
        }
      }
      return new CaseOutcome(test.name(), Status.PASSED, "", operators, fixed);
    } catch (ModelException e) {
      String message = e.getMessage().replace(test.model().toString(), "model");
      return new CaseOutcome(test.name(), Status.FAILED, message, operators, fixed);
    } catch (IOException | RuntimeException e) {
      return new CaseOutcome(test.name(), Status.FAILED, e.toString(), operators, fixed);
    }
  }

  /**
   * What differs.
   *
   * @param what in a sentence
   * @param isChance whether it may, since it was drawn by chance
   */
  private record Difference(String what, boolean isChance) {

    CaseOutcome outcome(String test, List<String> operators, List<String> fixed) {
      return isChance
          ? new CaseOutcome(test, Status.SKIPPED, "the results are random", operators, fixed)
          : new CaseOutcome(test, Status.FAILED, what, operators, fixed);
    }
  }

  private Optional<Difference> run(
      ConformanceCase test, GraphProto graph, Path set, List<String> fixed) throws IOException {
    CaseFiles files = new CaseFiles(set);
    List<CaseValue> inputs =
        files.read("input", graph.getInputList().stream().map(ValueInfoProto::getType).toList());
    List<CaseValue> outputs =
        files.read("output", graph.getOutputList().stream().map(ValueInfoProto::getType).toList());
    Map<String, NDArray> given = new LinkedHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      inputs.get(i).flatten(graph.getInput(i).getName(), given);
    }
    ModelSource source = ModelSource.of(test.model().toString());
    IRModule module = load(source, given, fixed);
    CompileOptions options = CompileOptions.builder(NAME, host).parts(Set.of(Part.LIB)).build();
    Path library = scratch.resolve("lib" + NAME + ".so");
    try (ModelRunner runner =
        new ArtifactCompiler(host, CompileListener.NONE)
            .compile(source, module, options, library)
            .load(1)) {
      List<NDArray> arguments =
          runner.inputs().stream().map(input -> given.get(input.name())).toList();
      Map<String, NDArray> results = new LinkedHashMap<>();
      List<NDArray> arrays = runner.run(arguments);
      for (int i = 0; i < arrays.size(); i++) {
        addResult(runner.outputs().get(i).name(), arrays.get(i), results);
      }
      Map<String, NDArray> expected = new LinkedHashMap<>();
      for (int i = 0; i < outputs.size(); i++) {
        outputs.get(i).flatten(graph.getOutput(i).getName(), expected);
      }
      if (!results.keySet().equals(expected.keySet())) {
        String what =
            "the results are %s where %s are expected"
                .formatted(results.keySet(), expected.keySet());
        return Optional.of(new Difference(what, false));
      }
      for (Map.Entry<String, NDArray> entry : expected.entrySet()) {
        NDArray result = results.get(entry.getKey());
        Optional<String> difference =
            Closeness.difference(entry.getKey(), result, entry.getValue());
        if (difference.isPresent()) {
          boolean isChance =
              result.type().equals(entry.getValue().type()) && RandomNumbers.isDrawnIn(module);
          return Optional.of(new Difference(difference.get(), isChance));
        }
      }
      return Optional.empty();
    }
  }

  /** The elements of a sequence {@code y} are {@code y.0}, {@code y.1} and so on. */
  private static void addResult(String name, NDArray array, Map<String, NDArray> results) {
    if (!name.endsWith(IRModule.ELEMENTS)) {
      results.put(name, array);
      return;
    }
    String stem = name.substring(0, name.length() - IRModule.ELEMENTS.length());
    List<NDArray> elements = ModelRunner.elements(array);
    for (int i = 0; i < elements.size(); i++) {
      results.put(stem + "." + i, elements.get(i));
    }
  }

  /**
   * The model with the shapes of the inputs, and with the contents of those that it does not do
   * without.
   */
  private static IRModule load(ModelSource source, Map<String, NDArray> given, List<String> fixed) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    given.forEach((name, array) -> shapes.put(name, array.type().sizes()));
    Map<String, NDArray> known = new LinkedHashMap<>();
    while (true) {
      try {
        return source.load(shapes, known);
      } catch (NeedsValueException e) {
        boolean progress = false;
        for (String input : e.inputs()) {
          progress |= given.containsKey(input) && known.put(input, given.get(input)) == null;
        }
        if (!progress) {
          throw e;
        }
        fixed.clear();
        fixed.addAll(known.keySet());
      }
    }
  }
}
