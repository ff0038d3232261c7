package org.jtvmc.tests.fuzz;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.compiler.onnx.GivenShapes;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.tests.operators.OnnxRuntimeReference;

/**
 * Compiles a graph with open sizes once, runs the library with several, and asks ONNX Runtime for
 * the right answers. What is refused in a sentence, by the compiler or by a run, is no fault, but
 * counted.
 */
final class OpenGraphComparison {
  private final GraphComparison comparison;
  private final List<String> refusals = new ArrayList<>();
  private int runs;

  OpenGraphComparison(Path folder) {
    comparison = new GraphComparison(folder);
  }

  /** How often a library ran. */
  int runs() {
    return runs;
  }

  /** What was refused, and why. */
  List<String> refusals() {
    return refusals;
  }

  /** What is wrong with the compiled graph; empty where nothing is. */
  Optional<String> fault(OpenGraph graph) throws OrtException, IOException {
    try (ModelRunner runner =
        comparison.compile(graph.graph(), GivenShapes.parse(graph.shapes()))) {
      for (Map<String, Long> sizes : graph.runs()) {
        Optional<String> fault = fault(graph.at(sizes), runner);
        if (fault.isPresent()) {
          return Optional.of("with %s: %s".formatted(sizes, fault.get()));
        }
      }
      return Optional.empty();
    } catch (ModelException e) {
      refusals.add("compiler: %s in %s".formatted(e.getMessage(), graph.graph().nodes()));
      return Optional.empty();
    } catch (RuntimeException e) {
      return Optional.of("does not compile: " + e);
    }
  }

  private Optional<String> fault(RandomGraph sized, ModelRunner runner) throws OrtException {
    List<NDArray> expected = OnnxRuntimeReference.run(sized.proto(), sized.inputs());
    List<NDArray> actual;
    try {
      actual = runner.run(List.copyOf(sized.inputs().values()));
      runs++;
    } catch (CodegenException e) {
      refusals.add("run: " + e.getMessage());
      return Optional.empty();
    }
    return GraphComparison.difference(sized, expected, actual);
  }

  /** The same graph with fewer nodes, as long as it has a fault. */
  OpenGraph shrink(OpenGraph graph) throws IOException {
    OpenGraph least = graph;
    for (GraphNode node : graph.graph().nodes()) {
      for (String output : node.outputs()) {
        OpenGraph candidate = graph.withOutputs(List.of(output));
        if (candidate.graph().nodes().size() < least.graph().nodes().size()
            && isFaulty(candidate)) {
          least = candidate;
        }
      }
    }
    return least;
  }

  private boolean isFaulty(OpenGraph graph) throws IOException {
    try {
      return fault(graph).isPresent();
    } catch (OrtException _) {
      return false;
    }
  }
}
