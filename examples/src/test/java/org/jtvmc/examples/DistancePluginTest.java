package org.jtvmc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jtvmc.compiler.cli.Main;
import org.jtvmc.compiler.npz.Npz;
import org.jtvmc.compiler.onnx.OnnxBuilder;
import org.jtvmc.examples.plugin.DistancePlugin;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model whose operator only a plugin knows. */
class DistancePluginTest {
  private static final int POINTS = 37;
  private static final int CENTRES = 10;
  private static final int COORDINATES = 5;

  @TempDir Path folder;
  private Path model;
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void write() throws IOException {
    OnnxBuilder builder = new OnnxBuilder("kmeans", 17);
    String points = builder.input("points", DataType.FLOAT, POINTS, COORDINATES);
    String centres = builder.input("centres", DataType.FLOAT, CENTRES, COORDINATES);
    String distance =
        builder.node("PairwiseDistance", points, centres).domain("com.example").output();
    String root = builder.node("Sqrt", distance).output("distances");
    builder.output(root, DataType.FLOAT, POINTS, CENTRES);
    var proto = builder.build().toBuilder();
    proto.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("com.example").setVersion(1));
    model = folder.resolve("kmeans.onnx");
    Files.write(model, proto.build().toByteArray());
  }

  private int jtvmc(String... arguments) {
    return Main.run(
        new PrintWriter(new StringWriter(), true), new PrintWriter(err, true), arguments);
  }

  @Test
  void withoutThePluginTheOperatorIsNotSupported() {
    assertEquals(3, jtvmc("compile", model.toString(), "-o", folder.resolve("out").toString()));
    assertTrue(err.toString().contains("com.example.PairwiseDistance"), err::toString);
  }

  @Test
  void aPluginThatIsNoneIsNamed() {
    assertEquals(3, jtvmc("inspect", model.toString(), "--plugin", folder.toString()));
    assertTrue(err.toString().contains("has no plugin"), err::toString);
  }

  @Test
  void theOperatorIsTunedCompiledAndRunLikeAnyOther() {
    String plugin = DistancePlugin.class.getName();
    Path out = folder.resolve("out");
    Path records = folder.resolve("records.jsonl");
    assertEquals(
        0,
        jtvmc(
            "tune",
            model.toString(),
            "--plugin",
            plugin,
            "--target",
            "llvm",
            "--trials",
            "4",
            "--tuning-records",
            records.toString(),
            "-o",
            out.toString()),
        err::toString);
    assertTrue(Files.exists(records));

    Map<String, NDArray> inputs = new LinkedHashMap<>();
    inputs.put("points", array(POINTS, 0.3));
    inputs.put("centres", array(CENTRES, 0.7));
    Path in = folder.resolve("in.npz");
    Path result = folder.resolve("out.npz");
    Npz.write(in, inputs);
    assertEquals(
        0,
        jtvmc("run", out.toString(), "--inputs", in.toString(), "--outputs", result.toString()),
        err::toString);

    NDArray distances =
        Npz.read(result, Map.of("distances", TensorType.of(DType.F32, POINTS, CENTRES)))
            .get("distances");
    for (int i = 0; i < POINTS; i++) {
      for (int j = 0; j < CENTRES; j++) {
        double sum = 0;
        for (int k = 0; k < COORDINATES; k++) {
          double difference =
              inputs.get("points").getDouble(i * COORDINATES + k)
                  - inputs.get("centres").getDouble(j * COORDINATES + k);
          sum += difference * difference;
        }
        assertEquals(Math.sqrt(sum), distances.getDouble(i * CENTRES + j), 1e-5);
      }
    }
  }

  private static NDArray array(int rows, double step) {
    NDArray array = NDArray.allocate(TensorType.of(DType.F32, rows, COORDINATES));
    for (int i = 0; i < array.elements(); i++) {
      array.setDouble(i, Math.sin(step * i));
    }
    return array;
  }
}
