package org.jtvmc.examples.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jtvmc.compiler.cli.Main;
import org.jtvmc.compiler.onnx.OnnxBuilder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sketch rule and a strategy from the class path, named on the command line. */
class ChunkElementwiseTest {

  @TempDir Path folder;
  private String model;
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void write() throws IOException {
    OnnxBuilder builder = new OnnxBuilder("chain", 17);
    // Sizes that no chunk divides.
    String x = builder.input("x", DataType.FLOAT, 37, 1001);
    String y = builder.input("y", DataType.FLOAT, 1001);
    builder.node("Tanh", builder.node("Add", x, y).output()).output("z");
    builder.output("z", DataType.FLOAT, 37, 1001);
    model = folder.resolve("chain.onnx").toString();
    builder.write(Path.of(model));
  }

  private int jtvmc(String... arguments) {
    return Main.run(
        new PrintWriter(new StringWriter(), true), new PrintWriter(err, true), arguments);
  }

  @Test
  void itsSchedulesAreMeasuredAndRight() throws IOException {
    String records = folder.resolve("r.jsonl").toString();
    int code =
        jtvmc(
            "tune",
            model,
            "--sketch-rule",
            ChunkElementwise.class.getName(),
            "--tuner",
            HillClimbing.class.getName(),
            "--cost-model",
            "none",
            "--trials",
            "4",
            "--tuning-records",
            records);
    assertEquals(0, code, err::toString);

    var lines = Files.readAllLines(Path.of(records));
    assertTrue(lines.size() >= 2, "the rule's decisions give several candidates");
    for (String line : lines) {
      assertTrue(line.contains(".chunk\":\"") && line.contains("\"status\":\"ok\""), line);
    }
    // Steps are data: what uses the records needs no rule.
    assertEquals(
        0,
        jtvmc("verify", model, "--tuning-records", records, "--reference", "interpreter"),
        err::toString);
  }

  @Test
  void aClassThatIsNoRuleIsWrongUsage() {
    assertEquals(2, jtvmc("tune", model, "--sketch-rule", "java.lang.String", "--trials", "1"));
    assertTrue(
        err.toString().contains("java.lang.String cannot serve as sketch rule"), err::toString);
  }
}
