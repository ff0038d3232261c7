package org.jtvmc.compiler.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jtvmc.compiler.onnx.OnnxBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models whose weights are larger than the memory of the process that reads them. */
class LargeModelTest {

  private static final long ROWS = 700_000_000L;

  @TempDir Path folder;

  /** 2.8 GB in a file that takes no room, read by a process with 64 MB. */
  @Test
  void weightsAreMappedAndNotRead() throws IOException, InterruptedException {
    Path model = model();

    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "inspect",
                model.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);

    assertEquals(0, process.waitFor(), said);
    assertTrue(said.contains(Long.toString(ROWS)) || said.contains("700"), said);
  }

  private Path model() throws IOException {
    var builder = new OnnxBuilder("large", 17);
    builder.input("ids", DataType.INT64, 1, 4);
    builder.node("Gather", "table", "ids").output("rows");
    builder.output("rows", DataType.INT32, 1, 4);
    var proto = builder.build().toBuilder();
    proto
        .getGraphBuilder()
        .addInitializer(
            TensorProto.newBuilder()
                .setName("table")
                .setDataType(DataType.INT32_VALUE)
                .addDims(ROWS)
                .setDataLocation(DataLocation.EXTERNAL)
                .addAllExternalData(List.of(entry("location", "table.bin"))));
    try (var sparse = new RandomAccessFile(folder.resolve("table.bin").toFile(), "rw")) {
      sparse.setLength(4 * ROWS);
    }
    return Files.write(folder.resolve("large.onnx"), proto.build().toByteArray());
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }
}
