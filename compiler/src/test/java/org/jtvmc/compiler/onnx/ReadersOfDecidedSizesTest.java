package org.jtvmc.compiler.onnx;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Operators that read values whose sizes a run decides count what is there, and not what there
 * could be: beside ONNX Runtime.
 */
class ReadersOfDecidedSizesTest {

  @TempDir Path folder;

  private final Random random = new Random(3);

  private NDArray floats(long... sizes) {
    NDArray array = NDArray.allocate(TensorType.of(DType.F32, sizes));
    for (long i = 0; i < array.elements(); i++) {
      array.setDouble(i, random.nextFloat() * 2 - 1);
    }
    return array;
  }

  private void agree(ModelProto model, Map<String, NDArray> inputs)
      throws IOException, OrtException {
    Path file = folder.resolve("model.onnx");
    Files.write(file, model.toByteArray());
    CpuTarget host = HostCpu.detect().target();
    CompileOptions options =
        CompileOptions.builder("model", host).parts(Set.of(CompileOptions.Part.LIB)).build();
    List<NDArray> expected = RuntimePeer.run(model, inputs);
    try (ModelRunner runner =
        new ArtifactCompiler(host, CompileListener.NONE)
            .compile(ModelSource.of(file.toString()), options, folder.resolve("libmodel.so"))
            .load(2)) {
      RuntimePeer.assertGives(expected, runner, inputs);
    }
  }

  /** {@code values}: the elements of x that are less than a half. */
  private static OnnxBuilder chosen(int opset) {
    OnnxBuilder builder = new OnnxBuilder("chosen", opset);
    builder.input("x", DataType.FLOAT, 3, 7);
    builder.initializer("half", new long[0], .5f);
    String small = builder.node("Less", "x", "half").output();
    String flat = builder.node("Reshape", small, builder.constants(-1)).output();
    builder.node("Compress", "x", flat).output("values");
    return builder;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ReduceL1",
        "ReduceL2",
        "ReduceLogSumExp",
        "ReduceMax",
        "ReduceMean",
        "ReduceMin",
        "ReduceProd",
        "ReduceSum",
        "ReduceSumSquare"
      })
  void aReductionTakesInWhatIsThere(String operator) throws IOException, OrtException {
    OnnxBuilder builder = chosen(18);
    builder.node(operator, "values").integer("keepdims", 0).output("all");
    builder.node(operator, "values", builder.constants(0)).integer("keepdims", 0).output("along");
    builder.node(operator, "values", builder.constants(0)).output("kept");
    builder.output("all", DataType.FLOAT, new long[0]);
    builder.output("along", DataType.FLOAT, new long[0]);
    builder.output("kept", DataType.FLOAT, 1);
    agree(builder.build(), Map.of("x", floats(3, 7)));
  }

  @Test
  void axesMayBeAnAttribute() throws IOException, OrtException {
    OnnxBuilder builder = chosen(13);
    builder.node("ReduceMean", "values").ints("axes", 0).integer("keepdims", 0).output("mean");
    builder.node("ReduceMax", "values").output("greatest");
    builder.output("mean", DataType.FLOAT, new long[0]);
    builder.output("greatest", DataType.FLOAT, 1);
    agree(builder.build(), Map.of("x", floats(3, 7)));
  }

  /** No --input-shapes could give the size. */
  @Test
  void aSizeThatOnlyTheRunKnowsIsNotAskedFor() {
    OnnxBuilder builder = chosen(18);
    List<String> parts = builder.node("Split", "values").integer("num_outputs", 2).outputs(2);
    builder.output(parts.getFirst(), DataType.FLOAT, "n");
    OnnxModel model = OnnxModel.of(Path.of("split.onnx"), builder.build());

    var fault =
        assertThrows(ModelException.class, () -> OnnxImporter.standard().load(model, Map.of()));

    assertTrue(fault.getMessage().contains("a size that the run decides"), fault.getMessage());
  }

  @Test
  void whatIsChosenIsChosenFromAgain() throws IOException, OrtException {
    OnnxBuilder builder = chosen(17);
    builder.initializer("zero", new long[0], 0f);
    String small = builder.node("Less", "values", "zero").output();
    builder.node("Compress", "values", small).output("negative");
    builder.node("Compress", "values", builder.node("Not", small).output()).output("others");
    builder.output("negative", DataType.FLOAT, "n");
    builder.output("others", DataType.FLOAT, "m");
    agree(builder.build(), Map.of("x", floats(3, 7)));
  }

  @Test
  void rowsAreChosenOfChosenColumns() throws IOException, OrtException {
    OnnxBuilder builder = new OnnxBuilder("columns", 17);
    builder.input("x", DataType.FLOAT, 3, 7);
    builder.input("rows", DataType.BOOL, 3);
    builder.input("columns", DataType.BOOL, 7);
    String part = builder.node("Compress", "x", "columns").integer("axis", 1).output();
    builder.node("Compress", part, "rows").integer("axis", 0).output("y");
    builder.node("Compress", part, "rows").output("first");
    builder.output("y", DataType.FLOAT, "n", "m");
    builder.output("first", DataType.FLOAT, "k");
    NDArray rows = NDArray.allocate(TensorType.of(DType.BOOL, 3));
    NDArray columns = NDArray.allocate(TensorType.of(DType.BOOL, 7));
    for (long kept : List.of(0L, 2L)) {
      rows.setDouble(kept, 1);
    }
    for (long kept : List.of(1L, 4L, 6L)) {
      columns.setDouble(kept, 1);
    }
    agree(builder.build(), Map.of("x", floats(3, 7), "rows", rows, "columns", columns));
  }
}
