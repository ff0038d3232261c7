package org.jtvmc.tests.fuzz;

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
 * Random valid graphs through every layer, against ONNX Runtime. {@code -Djtvmc.graphs=N} tries
 * more, {@code -Djtvmc.first=SEED} others; a fault is shrunk, and its model written to {@code
 * target/fuzz}.
 */
class RandomGraphsAgainstOnnxRuntimeTest {
  private static final int GRAPHS = Integer.getInteger("jtvmc.graphs", 40);
  private static final long FIRST = Long.getLong("jtvmc.first", 1);

  @TempDir Path folder;

  @Test
  void compiledGraphsGiveTheRightAnswer() throws IOException {
    GraphComparison comparison = new GraphComparison(folder);
    List<String> faults = new ArrayList<>();
    int refused = 0;
    for (long seed = FIRST; seed < FIRST + GRAPHS; seed++) {
      RandomGraph graph = GraphGrower.grow(seed);
      try {
        Optional<String> fault = comparison.fault(graph);
        if (fault.isPresent()) {
          faults.add(report(seed, fault.get(), comparison.shrink(graph)));
        }
      } catch (OrtException e) {
        refused++;
        System.err.printf("seed %d is refused by ONNX Runtime: %s%n", seed, e.getMessage());
      }
    }
    if (refused > GRAPHS / 20) {
      faults.add("ONNX Runtime refuses %d of %d graphs".formatted(refused, GRAPHS));
    }
    if (!faults.isEmpty()) {
      fail(String.join("%n%n".formatted(), faults));
    }
  }

  private static String report(long seed, String fault, RandomGraph least) throws IOException {
    Path models = Files.createDirectories(Path.of("target", "fuzz"));
    Path model = models.resolve("graph-" + seed + ".onnx");
    Files.write(model, least.proto().toByteArray());
    return "seed %d: %s%nshrunk to %s:%n%s".formatted(seed, fault, model.toAbsolutePath(), least);
  }
}
