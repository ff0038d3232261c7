package org.jtvmc.tests.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random graphs with open sizes: compiled once, run with three sets of sizes, compared with ONNX
 * Runtime. {@code -Djtvmc.graphs=N} tries more, {@code -Djtvmc.first=SEED} others; the model of a
 * fault is written to {@code target/fuzz}.
 */
class RandomOpenGraphsAgainstOnnxRuntimeTest {
  private static final int GRAPHS = Integer.getInteger("jtvmc.graphs", 40);
  private static final long FIRST = Long.getLong("jtvmc.first", 1);
  private static final int RUNS = 3;

  @TempDir Path folder;

  @Test
  void oneLibraryGivesTheRightAnswerForAllSizes() throws IOException {
    OpenGraphComparison comparison = new OpenGraphComparison(folder);
    List<String> faults = new ArrayList<>();
    int opened = 0;
    for (long seed = FIRST; seed < FIRST + GRAPHS; seed++) {
      OpenGraph graph = OpenGraph.of(GraphGrower.growOpen(seed), seed, RUNS);
      if (graph.runs().isEmpty() || graph.names().isEmpty()) {
        continue;
      }
      opened++;
      try {
        Optional<String> fault = comparison.fault(graph);
        if (fault.isPresent()) {
          faults.add(report(seed, fault.get(), comparison.shrink(graph)));
        }
      } catch (OrtException e) {
        faults.add("seed %d is refused by ONNX Runtime: %s".formatted(seed, e.getMessage()));
      }
    }
    System.err.printf(
        "%d graphs with open sizes, %d runs, %d refusals%n",
        opened, comparison.runs(), comparison.refusals().size());
    comparison.refusals().forEach(System.err::println);
    if (!faults.isEmpty()) {
      fail(String.join("%n%n".formatted(), faults));
    }
    assertTrue(
        comparison.runs() >= 4 * comparison.refusals().size(), comparison.refusals().toString());
  }

  private static String report(long seed, String fault, OpenGraph least) throws IOException {
    Path models = Files.createDirectories(Path.of("target", "fuzz"));
    Path model = models.resolve("open-graph-" + seed + ".onnx");
    Files.write(model, least.graph().proto().toByteArray());
    return "seed %d: %s%nshrunk to %s:%n%s".formatted(seed, fault, model.toAbsolutePath(), least);
  }
}
