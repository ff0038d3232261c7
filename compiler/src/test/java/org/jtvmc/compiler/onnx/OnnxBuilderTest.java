package org.jtvmc.compiler.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxBuilderTest {

  @TempDir Path folder;

  @Test
  void whatIsWrittenIsReadBack() throws IOException {
    var file = folder.resolve("m.onnx");
    affine().write(file);

    var model = OnnxModel.read(file);

    assertEquals(affine().build(), model.proto());
    assertEquals(17, model.opset(""));
    assertEquals("x", model.inputs().getFirst().getName());
    var weight = model.proto().getGraph().getInitializer(0);
    assertEquals(3f, model.bytes(weight).get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4));
  }

  @Test
  void weightsStayInTheMappedFile() throws IOException {
    var file = folder.resolve("m.onnx");
    affine().write(file);

    var model = OnnxModel.read(file);

    assertEquals(true, model.bytes(model.proto().getGraph().getInitializer(0)).isMapped());
  }

  @Test
  void equalModelsAreEqualBytes() throws IOException {
    var first = new ByteArrayOutputStream();
    var second = new ByteArrayOutputStream();
    affine().writeTo(first);
    affine().writeTo(second);

    assertArrayEquals(first.toByteArray(), second.toByteArray());
  }

  @Test
  void onnxRuntimeComputesWhatWasBuilt() throws IOException, OrtException {
    var file = folder.resolve("m.onnx");
    affine().write(file);
    var environment = OrtEnvironment.getEnvironment();
    try (var session = environment.createSession(file.toString());
        var x =
            OnnxTensor.createTensor(
                environment, FloatBuffer.wrap(new float[] {10, 20}), new long[] {2});
        var result = session.run(Map.of("x", x))) {
      assertArrayEquals(new float[] {21, 61}, (float[]) result.get(0).getValue());
    }
  }

  @Test
  void contentOfTheWrongSizeIsAnError() {
    var model = new OnnxBuilder("m", 17);
    model.initializer("w", new long[] {3}, 1f, 2f);

    assertThrows(IllegalStateException.class, model::build);
  }

  /** x * [2, 3] + 1. */
  private static OnnxBuilder affine() {
    var model = new OnnxBuilder("affine", 17);
    var x = model.input("x", DataType.FLOAT, "n");
    var w = model.initializer("w", new long[] {2}, 2f, 3f);
    var scaled = model.node("Mul", x, w).output();
    model.output(model.node("Add", scaled, model.constant(1f)).output(), DataType.FLOAT, "n");
    return model;
  }
}
