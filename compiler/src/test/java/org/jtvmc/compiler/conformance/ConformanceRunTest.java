package org.jtvmc.compiler.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jtvmc.compiler.conformance.CaseOutcome.Status;
import org.jtvmc.compiler.onnx.OnnxBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConformanceRunTest {

  @TempDir Path folder;
  @TempDir Path scratch;

  @Test
  void aCasePassesOrFailsByWhatItsLibraryComputes() throws IOException {
    addition("right", 11, 22);
    addition("wrong", 11, 22.5f);
    random("drawn");
    Files.createDirectories(folder.resolve("absent"));
    Files.writeString(folder.resolve("absent/data.json"), "{}");
    List<ConformanceCase> cases = ConformanceCase.find(List.of(folder), Pattern.compile(""));

    List<CaseOutcome> outcomes =
        new ConformanceRun(scratch, 1, Duration.ofSeconds(60)).run(cases, _ -> {});

    assertEquals(
        List.of("absent", "drawn", "right", "wrong"),
        outcomes.stream().map(CaseOutcome::name).toList());
    assertEquals(
        List.of(Status.SKIPPED, Status.SKIPPED, Status.PASSED, Status.FAILED),
        outcomes.stream().map(CaseOutcome::status).toList());
    assertTrue(
        outcomes.getLast().reason().contains("1 of 2 elements differ, element 1 is 22.0, not 22.5"),
        outcomes.getLast().reason());
    assertEquals(new OperatorTally(1, 1, 0), OperatorTally.of(outcomes).get("Add"));
  }

  @Test
  void aShapeThatARunDoesNotDecideIsFixedToTheCasesOwn() throws IOException {
    OnnxBuilder flat = new OnnxBuilder("flat", 17);
    flat.output(flat.node("Flatten", "x").output(), DataType.FLOAT, 2, 2);
    OnnxBuilder whole = new OnnxBuilder("whole", 17);
    whole.output(whole.node("Neg", "x").output(), DataType.FLOAT, 2, 1, 2);
    OnnxBuilder model = new OnnxBuilder("m", 17);
    model.input("x", DataType.FLOAT, 2, 1, 2);
    model.input("isFlat", DataType.BOOL, new long[0]);
    String y =
        model
            .node("If", "isFlat")
            .graph("then_branch", flat.buildGraph())
            .graph("else_branch", whole.buildGraph())
            .output();
    model.output(y, DataType.FLOAT, 2, 2);
    Path set = write("ranks", model);
    write(set.resolve("input_0.pb"), floats(List.of(2L, 1L, 2L), 1, 2, 3, 4));
    write(
        set.resolve("input_1.pb"),
        TensorProto.newBuilder().setDataType(DataType.BOOL.getNumber()).addInt32Data(1));
    write(set.resolve("output_0.pb"), floats(List.of(2L, 2L), 1, 2, 3, 4));

    CaseOutcome outcome = only("ranks");

    assertEquals(Status.PASSED, outcome.status(), outcome.reason());
    assertEquals(List.of("isFlat"), outcome.fixedInputs());
  }

  @Test
  void aShapeThatARunDecidesIsNot() throws IOException {
    OnnxBuilder model = new OnnxBuilder("m", 17);
    model.input("x", DataType.FLOAT, 2);
    model.input("shape", DataType.INT64, 2);
    String y = model.node("Expand", "x", "shape").output();
    model.output(y, DataType.FLOAT, 2, 2);
    Path set = write("expand", model);
    write(set.resolve("input_0.pb"), floats(List.of(2L), 1, 2));
    write(set.resolve("input_1.pb"), integers(2, 2));
    write(set.resolve("output_0.pb"), floats(List.of(2L, 2L), 1, 2, 1, 2));

    CaseOutcome outcome = only("expand");

    assertEquals(Status.PASSED, outcome.status(), outcome.reason());
    assertEquals(List.of(), outcome.fixedInputs());
  }

  private CaseOutcome only(String name) throws IOException {
    return new ConformanceRun(scratch, 1, Duration.ofSeconds(60))
        .run(ConformanceCase.find(List.of(folder), Pattern.compile(name)), _ -> {})
        .getFirst();
  }

  private void addition(String name, float... expected) throws IOException {
    OnnxBuilder model = new OnnxBuilder("m", 17);
    model.input("x", DataType.FLOAT, 2);
    model.input("y", DataType.FLOAT, 2);
    model.output(model.node("Add", "x", "y").output(), DataType.FLOAT, 2);
    Path set = write(name, model);
    write(set.resolve("input_0.pb"), floats(List.of(2L), 1, 2));
    write(set.resolve("input_1.pb"), floats(List.of(2L), 10, 20));
    write(set.resolve("output_0.pb"), floats(List.of(2L), expected));
  }

  private void random(String name) throws IOException {
    OnnxBuilder model = new OnnxBuilder("m", 17);
    model.output(model.node("RandomNormal").ints("shape", 2).output(), DataType.FLOAT, 2);
    write(write(name, model).resolve("output_0.pb"), floats(List.of(2L), 7, 8));
  }

  private Path write(String name, OnnxBuilder model) throws IOException {
    Path set = Files.createDirectories(folder.resolve(name).resolve("test_data_set_0"));
    model.write(folder.resolve(name).resolve("model.onnx"));
    return set;
  }

  private static void write(Path file, TensorProto.Builder tensor) throws IOException {
    Files.write(file, tensor.build().toByteArray());
  }

  private static TensorProto.Builder integers(long... values) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setDataType(DataType.INT64.getNumber()).addDims(values.length);
    for (long value : values) {
      tensor.addInt64Data(value);
    }
    return tensor;
  }

  private static TensorProto.Builder floats(List<Long> dims, float... values) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setDataType(DataType.FLOAT.getNumber()).addAllDims(dims);
    for (float value : values) {
      tensor.addFloatData(value);
    }
    return tensor;
  }
}
