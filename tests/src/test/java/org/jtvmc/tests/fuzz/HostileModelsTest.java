package org.jtvmc.tests.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import ai.onnx.proto.OnnxMl.ModelProto;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.compiler.cli.Main;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.compiler.source.ModelSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that were made to do harm are read, or refused with exit code 3 and one sentence. */
class HostileModelsTest {
  private static final int REFUSED = 3;

  @TempDir Path folder;

  @Test
  void readersReadOrRefuse() throws IOException {
    List<String> faults = new ArrayList<>();
    for (Map.Entry<String, ModelProto> entry : all().entrySet()) {
      Path file = Files.write(folder.resolve("model.onnx"), entry.getValue().toByteArray());
      try {
        ReaderFuzzer.check(FileReader.ONNX, file);
      } catch (RuntimeException | AssertionError | OutOfMemoryError e) {
        faults.add("%s: %s".formatted(entry.getKey(), e));
      }
    }
    if (!faults.isEmpty()) {
      fail(String.join("\n", faults));
    }
  }

  @Test
  void theCommandLineRefusesThemInOneSentence() throws IOException {
    int refused = 0;
    for (Map.Entry<String, ModelProto> entry : all().entrySet()) {
      Path file = Files.write(folder.resolve("model.onnx"), entry.getValue().toByteArray());
      if (isRefused(file)) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.run(new PrintWriter(out), new PrintWriter(err), "tasks", file.toString());
        assertEquals(REFUSED, code, () -> entry.getKey() + ": " + err);
        assertEquals(1, err.toString().lines().count(), () -> entry.getKey() + ": " + err);
        refused++;
      }
    }
    assertTrue(refused > 200, "only " + refused);
  }

  private static boolean isRefused(Path file) {
    try {
      ModelSource.of(file.toString()).load(Map.of());
      return false;
    } catch (ModelException e) {
      return true;
    }
  }

  private static Map<String, ModelProto> all() {
    Map<String, ModelProto> models = new LinkedHashMap<>(HostileBodies.all());
    models.putAll(HostileNumbers.all());
    return models;
  }
}
