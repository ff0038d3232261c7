package org.jtvmc.compiler.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jtvmc.compiler.npz.Npz;
import org.jtvmc.compiler.onnx.OnnxBuilder;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models whose weights are larger than the memory of the process that reads them. */
class LargeModelTest {

  private static final long ROWS = 700_000_000L;

  private static final int HEIGHT = 1000;
  private static final int WIDTH = 70_000;
  private static final long MATRIX_BYTES = (long) Float.BYTES * HEIGHT * WIDTH;

  /** Numbers of each matrix that are not zero. */
  private static final int PLACED = 1001;

  @TempDir Path folder;

  /** 2.8 GB in a file that takes no room, read by a process with 64 MB. */
  @Test
  void weightsAreMappedAndNotRead() throws IOException, InterruptedException {
    Path model = model();

    String said = java("64m", "inspect", model.toString());

    assertTrue(said.contains(Long.toString(ROWS)) || said.contains("700"), said);
  }

  /** Two matrices of 280 MB each, which kernels read whole, in processes with a heap of 128 MB. */
  @Test
  void weightsLargerThanTheHeapAreCompiledAndUsed() throws IOException, InterruptedException {
    assumeTrue(
        Files.getFileStore(folder).getUsableSpace() > 4 * MATRIX_BYTES, "no room for the weights");
    Path model = products();
    Path out = folder.resolve("out");
    Path inputs = folder.resolve("in.npz");
    Path outputs = folder.resolve("out.npz");
    NDArray x = NDArray.allocate(TensorType.of(DType.F32, 1, HEIGHT));
    for (int i = 0; i < HEIGHT; i++) {
      x.setDouble(i, i % 7 + 1);
    }
    Npz.write(inputs, Map.of("x", x));

    java("128m", "compile", model.toString(), "-o", out.toString(), "--weights", "external");
    java(
        "128m",
        "run",
        out.toString(),
        "--inputs",
        inputs.toString(),
        "--outputs",
        outputs.toString());

    TensorType type = TensorType.of(DType.F32, 1, WIDTH);
    NDArray y = Npz.read(outputs, Map.of("y", type)).get("y");
    double[] expected = new double[WIDTH];
    for (int matrix = 0; matrix < 2; matrix++) {
      for (int k = 0; k < PLACED; k++) {
        long at = place(matrix, k);
        expected[(int) (at % WIDTH)] += x.getDouble(at / WIDTH) * (k + 1);
      }
    }
    for (int i = 0; i < WIDTH; i++) {
      assertEquals(expected[i], y.getDouble(i), "column " + i);
    }
  }

  /**
   * Where the k-th number that is not zero is: the first and the last element, and between them.
   */
  private static long place(int matrix, int k) {
    long last = (long) HEIGHT * WIDTH - 1;
    return k == PLACED - 1 ? last : k * (last / (PLACED - 1)) + (long) k * matrix;
  }

  private Path products() throws IOException {
    var builder = new OnnxBuilder("products", 17);
    String x = builder.input("x", DataType.FLOAT, 1, HEIGHT);
    String first = builder.node("MatMul", x, "m0").output();
    builder.node("Add", first, builder.node("MatMul", x, "m1").output()).output("y");
    builder.output("y", DataType.FLOAT, 1, WIDTH);
    var proto = builder.build().toBuilder();
    for (int matrix = 0; matrix < 2; matrix++) {
      String file = "m%d.bin".formatted(matrix);
      proto
          .getGraphBuilder()
          .addInitializer(
              TensorProto.newBuilder()
                  .setName("m" + matrix)
                  .setDataType(DataType.FLOAT_VALUE)
                  .addAllDims(List.of((long) HEIGHT, (long) WIDTH))
                  .setDataLocation(DataLocation.EXTERNAL)
                  .addAllExternalData(List.of(entry("location", file))));
      try (var sparse = new RandomAccessFile(folder.resolve(file).toFile(), "rw")) {
        sparse.setLength(MATRIX_BYTES);
        for (int k = 0; k < PLACED; k++) {
          sparse.seek(Float.BYTES * place(matrix, k));
          sparse.writeInt(Integer.reverseBytes(Float.floatToIntBits(k + 1)));
        }
      }
    }
    return Files.write(folder.resolve("products.onnx"), proto.build().toByteArray());
  }

  /** Runs the program in a process of its own, which must end well. */
  private static String java(String heap, String... arguments)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-Xss16m",
                "-XX:MaxDirectMemorySize=1t",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), said);
    return said;
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
