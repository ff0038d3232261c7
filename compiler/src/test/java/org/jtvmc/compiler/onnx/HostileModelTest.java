package org.jtvmc.compiler.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jtvmc.compiler.source.ModelSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that are damaged or made to do harm: each is one sentence that says what, where and what to
 * do.
 */
class HostileModelTest {

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(doubles = {0.05, 0.3, 0.7, 0.99})
  void aTruncatedFileIsRefused(double part) throws IOException {
    var whole = tiny().build().toByteArray();
    var file = write(Arrays.copyOf(whole, (int) (whole.length * part)));

    expect("is truncated", () -> OnnxModel.read(file));
  }

  @Test
  void everyCutAndEveryFlippedBitIsReadOrRefusedInOneSentence() throws IOException {
    var whole = tiny().build().toByteArray();
    long seed = 20240229;
    var random = new Random(seed);
    var file = folder.resolve("model.onnx");
    for (int i = 0; i < 500; i++) {
      var damaged =
          Arrays.copyOf(
              whole, random.nextInt(4) == 0 ? random.nextInt(whole.length) : whole.length);
      for (int flips = random.nextInt(4); flips >= 0 && damaged.length > 0; flips--) {
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      }
      Files.write(file, damaged);
      try {
        OnnxImporter.standard().load(OnnxModel.read(file), Map.of());
      } catch (ModelException e) {
        assertTrue(e.getMessage().contains("model.onnx"), e.getMessage());
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ", case " + i, e);
      }
    }
  }

  @Test
  void otherFilesAreNoModels() throws IOException {
    expect("does not exist", () -> OnnxModel.read(folder.resolve("absent.onnx")));
    expect("is not a regular file", () -> OnnxModel.read(folder));
    expect("is empty", () -> OnnxModel.read(write(new byte[0])));
    expect(
        "no ONNX model",
        () -> OnnxModel.read(write("#!/bin/sh\necho hello\n".getBytes(StandardCharsets.UTF_8))));
  }

  @Test
  void aCycleIsNamed() throws IOException {
    var graph =
        GraphProto.newBuilder()
            .addNode(node("first", "Relu", "c", "a"))
            .addNode(node("second", "Relu", "a", "b"))
            .addNode(node("third", "Relu", "b", "c"));

    expect(
        "cycle through Relu 'first', Relu 'third', Relu 'second'",
        () -> OnnxModel.read(write(graph)));
  }

  @Test
  void anUndefinedInputAndADoubleDefinitionAreNamed() throws IOException {
    expect(
        "node Relu 'n' reads 'x', which nothing defines",
        () -> OnnxModel.read(write(GraphProto.newBuilder().addNode(node("n", "Relu", "x", "y")))));
    var twice =
        GraphProto.newBuilder()
            .addInitializer(scalar("x"))
            .addNode(node("n", "Relu", "x", "y"))
            .addNode(node("m", "Relu", "x", "y"));
    expect("node Relu 'm' defines 'y' a second time", () -> OnnxModel.read(write(twice)));
  }

  @Test
  void subgraphsNestedTooDeepAreRefused() throws IOException {
    var graph = GraphProto.newBuilder().build();
    for (int i = 0; i < 100; i++) {
      var branch =
          AttributeProto.newBuilder()
              .setName("then_branch")
              .setType(AttributeProto.AttributeType.GRAPH)
              .setG(graph);
      graph =
          GraphProto.newBuilder()
              .addNode(NodeProto.newBuilder().setOpType("If").addAttribute(branch))
              .build();
    }
    var deep = graph.toBuilder();

    expect("damaged", () -> OnnxModel.read(write(deep)));
  }

  @Test
  void aTensorThatClaimsMoreThanThereIsAllocatesNothing() throws IOException {
    var huge = TensorProto.newBuilder().setName("w").setDataType(DataType.FLOAT_VALUE);

    expect("tensor 'w' claims the shape", () -> bytes(huge.clone().addDims(1L << 60).addDims(64)));
    expect("tensor 'w' claims the shape", () -> bytes(huge.clone().addDims(1L << 60)));
    expect("tensor 'w' holds 0 elements", () -> bytes(huge.clone().addDims(1L << 40)));
    expect(
        "tensor 'w' holds 4 bytes",
        () -> bytes(huge.clone().addDims(1L << 40).setRawData(ByteString.copyFrom(new byte[4]))));
    expect("negative size", () -> bytes(huge.clone().addDims(-1)));
    expect(
        "is too large",
        () -> {
          var model = new OnnxBuilder("g", 17);
          var shape = model.initializer("s", new long[] {2}, 1L << 40, 1L << 20);
          model.output(model.node("ConstantOfShape", shape).output(), DataType.FLOAT, "n", "m");
          OnnxImporter.standard().load(OnnxModel.of(Path.of("m.onnx"), model.build()), Map.of());
        });
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "../secret.bin, the path leads out of it",
        "a/../../secret.bin, the path leads out of it",
        "..\\secret.bin, it has a backslash",
        "a\\..\\..\\secret.bin, it has a backslash",
        "C:\\secret.bin, it has a backslash",
        "/etc/passwd, the path leads out of it",
        "link.bin, 'link.bin' is a symbolic link",
        "linked/secret.bin, 'linked' is a symbolic link",
        "hard.bin, the file has 2 hard links",
        "absent.bin, which does not exist"
      })
  void externalDataOutsideTheModelsFolderIsRefused(String location, String reason)
      throws IOException {
    var secret = Files.write(folder.resolve("secret.bin"), new byte[16]);
    var models = Files.createDirectory(folder.resolve("models"));
    try {
      Files.createSymbolicLink(models.resolve("link.bin"), secret);
      Files.createSymbolicLink(models.resolve("linked"), folder);
      Files.createLink(models.resolve("hard.bin"), secret);
    } catch (IOException | UnsupportedOperationException e) {
      assumeTrue(false, "links cannot be made here: " + e);
    }

    expect(reason, () -> external(models, location, "0", "4"));
  }

  /** A pipe that nobody writes to would be waited for. */
  @Test
  void externalDataThatAreNoOrdinaryFileAreRefused() throws Exception {
    Files.createDirectory(folder.resolve("data"));
    for (String location : List.of("data", ".", "./data/.", "data/..")) {
      expect("is a folder or no ordinary file", () -> external(folder, location, "0", "4"));
    }
    expect("without a location", () -> external(folder, "", "0", "4"));
    Path socket = folder.resolve("socket");
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      expect("is a folder or no ordinary file", () -> external(folder, "socket", "0", "4"));
      expect("is no file", () -> ModelSource.of(socket.toString()));
    }
    Path pipe = folder.resolve("pipe");
    try {
      new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor();
    } catch (IOException e) {
      assumeTrue(false, "no pipe can be made here: " + e);
    }
    assumeTrue(Files.exists(pipe));
    expect("is a folder or no ordinary file", () -> external(folder, "pipe", "0", "4"));
    expect("is not a regular file", () -> OnnxModel.read(pipe));
  }

  @ParameterizedTest
  @CsvSource({
    "-4, 4, negative offset -4",
    "0, -4, negative length -4",
    "0, 8, 8 bytes of external data where its shape needs 4",
    "14, 4, wants bytes 14 to 18",
    "9223372036854775807, 4, wants bytes 9223372036854775807",
    "9223372036854775808, 4, no number",
    "x, 4, no number"
  })
  void rangesOutsideTheDataFileAreRefused(String offset, String length, String reason)
      throws IOException {
    Files.write(folder.resolve("w.bin"), new byte[16]);

    expect(reason, () -> external(folder, "w.bin", offset, length));
  }

  @Test
  void externalDataMayBeSharedButNotOverlap() throws IOException {
    Files.write(folder.resolve("w.bin"), new byte[] {0, 0, -128, 63, 0, 0, 0, 64});
    var tensors = new TensorBytes(folder.resolve("m.onnx"));

    assertEquals(4, tensors.of(externalTensor("a", "w.bin", "0", "4")).byteSize());
    assertEquals(4, tensors.of(externalTensor("b", "w.bin", "0", "4")).byteSize());
    assertEquals(
        2f,
        tensors
            .of(externalTensor("c", "w.bin", "4", "4"))
            .get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0));
    expect("overlaps that of tensor 'c'", () -> tensors.of(externalTensor("d", "w.bin", "2", "4")));
  }

  @Test
  void allUnknownOperatorsAreReportedAtOnceWithTheirNodes() throws IOException {
    var model = new OnnxBuilder("g", 17);
    var x = model.input("x", DataType.FLOAT, 4);
    var a = model.node("Frobnicate", x).named("f1").output();
    var b = model.node("Frobnicate", a).named("f2").output();
    var c = model.node("Mystery", b).named("m").domain("com.example").output();
    model.output(c, DataType.FLOAT, 4);
    var read = OnnxModel.of(Path.of("m.onnx"), model.build());

    assertEquals(
        List.of(
            new OnnxImporter.Unsupported("Frobnicate", List.of("f1", "f2")),
            new OnnxImporter.Unsupported("com.example.Mystery", List.of("m"))),
        OnnxImporter.standard().unsupported(read));
    expect(
        "Frobnicate (f1, f2); com.example.Mystery (m)",
        () -> OnnxImporter.standard().load(read, Map.of()));
  }

  private void external(Path where, String location, String offset, String length) {
    new TensorBytes(where.resolve("m.onnx")).of(externalTensor("w", location, offset, length));
  }

  private static TensorProto externalTensor(
      String name, String location, String offset, String length) {
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(DataType.FLOAT_VALUE)
        .addDims(1)
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(entry("location", location))
        .addExternalData(entry("offset", offset))
        .addExternalData(entry("length", length))
        .build();
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  private static void bytes(TensorProto.Builder tensor) {
    new TensorBytes(Path.of("m.onnx")).of(tensor.build());
  }

  private static NodeProto.Builder node(String name, String operator, String input, String output) {
    return NodeProto.newBuilder()
        .setName(name)
        .setOpType(operator)
        .addInput(input)
        .addOutput(output);
  }

  private static TensorProto.Builder scalar(String name) {
    return TensorProto.newBuilder().setName(name).setDataType(DataType.FLOAT_VALUE).addFloatData(1);
  }

  private static OnnxBuilder tiny() {
    var model = new OnnxBuilder("tiny", 17);
    var x = model.input("x", DataType.FLOAT, 1, 2, 4, 4);
    var w = model.initializer("w", new long[] {2, 2, 1, 1}, 1f, 2f, 3f, 4f);
    var y = model.node("Conv", x, w).ints("kernel_shape", 1, 1).output();
    var shape = model.initializer("shape", new long[] {2}, 2L, -1L);
    model.output(model.node("Reshape", y, shape).output(), DataType.FLOAT, 2, 16);
    return model;
  }

  private Path write(GraphProto.Builder graph) throws IOException {
    return write(ModelProto.newBuilder().setIrVersion(8).setGraph(graph).build().toByteArray());
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("model.onnx"), bytes);
  }

  @FunctionalInterface
  private interface Action {
    void run() throws IOException;
  }

  private static void expect(String part, Action action) {
    var message = assertThrows(ModelException.class, action::run).getMessage();
    assertTrue(message.contains(part), () -> "expected '" + part + "' in: " + message);
    assertEquals(-1, message.indexOf('\n'), message);
  }
}
