package org.jtvmc.tests.fuzz;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.onnx.GivenShapes;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.tests.operators.OnnxRuntimeReference;

/** Compiles a random graph to a library, runs it, and asks ONNX Runtime for the right answer. */
final class GraphComparison {
  private static final double TOLERANCE = 2e-4;

  private final CpuTarget host = HostCpu.detect().target();
  private final Path folder;

  GraphComparison(Path folder) {
    this.folder = folder;
  }

  /**
   * What is wrong with the compiled graph; empty where nothing is.
   *
   * @throws OrtException where ONNX Runtime refuses the graph, so that there is nothing to compare
   */
  Optional<String> fault(RandomGraph graph) throws OrtException, IOException {
    List<NDArray> expected = OnnxRuntimeReference.run(graph.proto(), graph.inputs());
    List<NDArray> actual;
    try {
      actual = run(graph);
    } catch (RuntimeException e) {
      return Optional.of("does not compile: " + e);
    }
    return difference(graph, expected, actual);
  }

  /** Where the outputs of a graph differ. */
  static Optional<String> difference(
      RandomGraph graph, List<NDArray> expected, List<NDArray> actual) {
    for (int k = 0; k < expected.size(); k++) {
      Optional<String> difference = difference(expected.get(k), actual.get(k));
      if (difference.isPresent()) {
        return Optional.of(graph.outputs().get(k) + ": " + difference.get());
      }
    }
    return Optional.empty();
  }

  private static Optional<String> difference(NDArray expected, NDArray actual) {
    if (!expected.type().equals(actual.type())) {
      return Optional.of("is %s, not %s".formatted(actual.type(), expected.type()));
    }
    double largest = 1;
    for (long i = 0; i < expected.elements(); i++) {
      double magnitude = Math.abs(expected.getDouble(i));
      largest = Double.isFinite(magnitude) ? Math.max(largest, magnitude) : largest;
    }
    for (long i = 0; i < expected.elements(); i++) {
      double right = expected.getDouble(i);
      double found = actual.getDouble(i);
      boolean same =
          Double.isFinite(right)
              // Sums that cancel keep the error of their largest terms.
              ? Math.abs(right - found) <= TOLERANCE * largest
              : Double.compare(right, found) == 0;
      if (!same) {
        return Optional.of(
            "element %d of %s is %s, not %s".formatted(i, expected.type(), found, right));
      }
    }
    return Optional.empty();
  }

  private List<NDArray> run(RandomGraph graph) throws IOException {
    try (ModelRunner runner = compile(graph, GivenShapes.NONE)) {
      return runner.run(List.copyOf(graph.inputs().values()));
    }
  }

  /** The compiled graph, loaded. */
  ModelRunner compile(RandomGraph graph, GivenShapes shapes) throws IOException {
    Path model = folder.resolve("graph.onnx");
    Files.write(model, graph.proto().toByteArray());
    CompileOptions options = CompileOptions.builder("graph", host).shapes(shapes).build();
    Path out = Files.createTempDirectory(folder, "out");
    try {
      return new ArtifactCompiler(host, CompileListener.NONE)
          .compile(ModelSource.of(model.toString()), options, out)
          .load(1);
    } finally {
      // What is loaded stays so.
      delete(out);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** A smaller graph with a fault: fewer nodes, cut off from what leads to them. */
  RandomGraph shrink(RandomGraph graph) throws IOException {
    RandomGraph least = graph;
    for (GraphNode node : graph.nodes()) {
      for (String output : node.outputs()) {
        RandomGraph candidate = graph.withOutputs(List.of(output));
        if (candidate.nodes().size() < least.nodes().size() && isFaulty(candidate)) {
          least = candidate;
        }
      }
    }
    boolean shrunk = true;
    while (shrunk) {
      shrunk = false;
      for (RandomGraph candidate : cuts(least)) {
        if (candidate.nodes().size() < least.nodes().size() && isFaulty(candidate)) {
          least = candidate;
          shrunk = true;
          break;
        }
      }
    }
    return least;
  }

  /** The graph with each of its inner values given from outside. */
  private static List<RandomGraph> cuts(RandomGraph graph) {
    List<RandomGraph> cuts = new ArrayList<>();
    for (GraphNode node : graph.nodes()) {
      for (String value : node.outputs()) {
        if (!graph.outputs().contains(value)) {
          try {
            NDArray contents =
                OnnxRuntimeReference.run(
                        graph.withOutputs(List.of(value)).proto(),
                        graph.withOutputs(List.of(value)).inputs())
                    .getFirst();
            cuts.add(graph.withInput(value, contents));
          } catch (OrtException _) {
            continue; // Not every part of a graph can stand alone.
          }
        }
      }
    }
    return cuts.reversed();
  }

  private boolean isFaulty(RandomGraph graph) throws IOException {
    try {
      return !graph.nodes().isEmpty() && fault(graph).isPresent();
    } catch (OrtException _) {
      return false;
    }
  }
}
