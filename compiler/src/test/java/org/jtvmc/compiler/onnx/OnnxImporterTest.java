package org.jtvmc.compiler.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.interpret.GraphEvaluator;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the frontend does beyond converting one operator. */
class OnnxImporterTest {

  @TempDir Path folder;

  @Test
  void aShapeComputedFromBoundSizesBecomesNumbers() {
    var model = new OnnxBuilder("g", 17);
    var x = model.input("x", DataType.FLOAT, "batch", "4", "6");
    var shape = model.node("Shape", x).output();
    var batch = model.node("Gather", shape, model.constant(0L)).integer("axis", 0).output();
    var first = model.node("Unsqueeze", batch, model.constants(0)).output();
    var half = model.node("Div", model.constants(24), model.constants(2)).output();
    var target = model.node("Concat", first, half, model.constants(2)).integer("axis", 0).output();
    model.output(model.node("Reshape", x, target).output(), DataType.FLOAT, "batch", "12", "2");

    var main = load(model, Map.of("x", List.of(3L, 4L, 6L))).main();

    assertEquals("Tensor[(3, 12, 2), float32]", main.resultType().toString());
    assertSame(main.parameters().getFirst(), call(main.body(), "reshape").arguments().getFirst());
  }

  @Test
  void aSizeThatIsNeededAndNotBoundIsAskedFor() {
    var model = new OnnxBuilder("g", 17);
    var x = model.input("x", DataType.FLOAT, "n", "n");
    model.output(model.node("EyeLike", x).named("eye").output(), DataType.FLOAT, "a", "b");

    var message = assertThrows(ModelException.class, () -> load(model, Map.of())).getMessage();

    assertTrue(message.contains("EyeLike 'eye'") && message.contains("--input-shapes"), message);
  }

  @Test
  void whatExportersComputeOfShapesIsDoneWithNames() {
    var model = new OnnxBuilder("g", 17);
    var x = model.input("x", DataType.FLOAT, "batch", "length", "12");
    var shape = model.node("Shape", x).output();
    var batch = model.node("Gather", shape, model.constants(0)).output();
    var length = model.node("Gather", shape, model.constants(1)).output();
    var wanted =
        model
            .node("Concat", batch, length, model.constants(3), model.constants(4))
            .integer("axis", 0);
    var split = model.node("Reshape", x, wanted.output()).output();
    model.output(split, DataType.FLOAT, "a", "b", "c", "d");

    assertEquals(
        "Tensor[(batch, length, 3, 4), float32]",
        load(model, Map.of()).main().resultType().toString());
  }

  @Test
  void openSizesStaySymbolsWhereNothingNeedsThem() {
    var model = new OnnxBuilder("g", 17);
    var x = model.input("x", DataType.FLOAT, "batch size", "4");
    model.output(model.node("Relu", x).output(), DataType.FLOAT, "batch size", "4");

    assertEquals(
        "Tensor[(batch_size, 4), float32]", load(model, Map.of()).main().resultType().toString());
  }

  @Test
  void aSymbolBoundByOneInputIsBoundInAll() {
    var model = new OnnxBuilder("g", 17);
    var x = model.input("x", DataType.FLOAT, "n", "4");
    var y = model.input("y", DataType.FLOAT, "n", "1");
    model.output(model.node("Add", x, y).output(), DataType.FLOAT, "n", "4");

    var module = load(model, Map.of("x", List.of(7L, 4L)));

    assertEquals("Tensor[(7, 1), float32]", module.main().parameters().get(1).type().toString());
  }

  @Test
  void shapesThatDoNotFitAreRefused() {
    var model = new OnnxBuilder("g", 17);
    var x = model.input("x", DataType.FLOAT, "n", "n", "4");
    model.output(model.node("Relu", x).output(), DataType.FLOAT, "n", "n", "4");

    for (var shape : List.of(List.of(2L, 2L), List.of(2L, 3L, 4L), List.of(2L, 2L, 5L))) {
      var fault = assertThrows(ModelException.class, () -> load(model, Map.of("x", shape)));
      assertTrue(fault.getMessage().contains("has the shape [n, n, 4]"), fault.getMessage());
    }
    var unknown = assertThrows(ModelException.class, () -> load(model, Map.of("z", List.of(1L))));
    assertTrue(unknown.getMessage().contains("has no input 'z'"), unknown.getMessage());
  }

  @Test
  void anInitialiserThatIsAlsoAnInputIsAWeight() {
    var model = new OnnxBuilder("g", 17);
    var x = model.input("x", DataType.FLOAT, 2);
    var w = model.input("w", DataType.FLOAT, 2);
    model.initializer("w", new long[] {2}, 1f, 2f);
    model.output(model.node("Mul", x, w).output(), DataType.FLOAT, 2);

    var module = load(model, Map.of());

    assertEquals(1, module.main().parameters().size());
    assertTrue(call(module.main().body(), "multiply").arguments().get(1) instanceof Constant);
  }

  @Test
  void nodesInTheWrongOrderAreReordered() {
    var model = new OnnxBuilder("g", 17);
    var x = model.input("x", DataType.FLOAT, 2);
    var y = model.node("Neg", model.node("Abs", x).output()).output();
    model.output(y, DataType.FLOAT, 2);
    var proto = model.build();
    var graph = proto.getGraph().toBuilder();
    graph.clearNode().addNode(proto.getGraph().getNode(1)).addNode(proto.getGraph().getNode(0));

    var module = load(proto.toBuilder().setGraph(graph).build(), Map.of());

    assertEquals(List.of(-1.0, -2.0), evaluate(module, floats(-1, 2)));
  }

  @Test
  void theBranchOfAKnownConditionIsPutInPlaceAndSeesOuterValues() {
    for (boolean condition : new boolean[] {true, false}) {
      var model = new OnnxBuilder("g", 17);
      var x = model.input("x", DataType.FLOAT, 2);
      var which =
          model.initializer(
              "which", DataType.BOOL, new long[] {}, out -> out.write(condition ? 1 : 0));
      var result =
          model
              .node("If", which)
              .graph("then_branch", branch("Abs", x).getGraph())
              .graph("else_branch", branch("Neg", x).getGraph())
              .output();
      model.output(result, DataType.FLOAT, 2);

      var module = load(model, Map.of());

      var expected = condition ? List.of(3.0, 4.0) : List.of(3.0, -4.0);
      assertEquals(expected, evaluate(module, floats(-3, 4)));
    }
  }

  private static ModelProto branch(String operator, String captured) {
    var branch = new OnnxBuilder(operator, 17);
    branch.output(branch.node(operator, captured).output(), DataType.FLOAT, 2);
    return branch.build();
  }

  @Test
  void aFunctionOfTheModelIsPutInPlaceOfItsCallWithItsAttributes() {
    var model = new OnnxBuilder("g", 17);
    var x = model.input("x", DataType.FLOAT, 2);
    var y = model.node("Leak", x).domain("local").real("slope", 0.5f).output();
    model.output(y, DataType.FLOAT, 2);
    var body =
        NodeProto.newBuilder()
            .setOpType("LeakyRelu")
            .addInput("in")
            .addOutput("out")
            .addAttribute(
                AttributeProto.newBuilder()
                    .setName("alpha")
                    .setType(AttributeProto.AttributeType.FLOAT)
                    .setRefAttrName("slope"));
    var function =
        FunctionProto.newBuilder()
            .setName("Leak")
            .setDomain("local")
            .addInput("in")
            .addOutput("out")
            .addAttribute("slope")
            .addNode(body)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17));

    var module = load(model.build().toBuilder().addFunctions(function).build(), Map.of());

    assertEquals(List.of(-2.0, 6.0), evaluate(module, floats(-4, 6)));
  }

  @Test
  void aFunctionThatCallsItselfIsRefused() {
    var model = new OnnxBuilder("g", 17);
    var x = model.input("x", DataType.FLOAT, 2);
    model.output(model.node("Loop2", x).domain("local").output(), DataType.FLOAT, 2);
    var function =
        FunctionProto.newBuilder()
            .setName("Loop2")
            .setDomain("local")
            .addInput("in")
            .addOutput("out")
            .addNode(
                NodeProto.newBuilder()
                    .setOpType("Loop2")
                    .setDomain("local")
                    .addInput("in")
                    .addOutput("out"));
    var proto = model.build().toBuilder().addFunctions(function).build();

    var fault = assertThrows(ModelException.class, () -> load(proto, Map.of()));
    assertTrue(fault.getMessage().contains("calls itself"), fault.getMessage());
  }

  @Test
  void theSameNodeMeansWhatItsOperatorSetSays() {
    assertEquals("Tensor[(2, 3, 4), float32]", softmaxType(13));
    // Before version 13 a softmax over axis 1 is over all that follows, as one row.
    var early = load(softmax(12), Map.of());
    var late = load(softmax(13), Map.of());
    var zeros = NDArray.allocate(TensorType.of(DType.F32, 2, 3, 4));
    assertEquals(1.0 / 12, evaluate(early, zeros).getFirst(), 1e-7);
    assertEquals(1.0 / 3, evaluate(late, zeros).getFirst(), 1e-7);
  }

  private static String softmaxType(int opset) {
    return load(softmax(opset), Map.of()).main().resultType().toString();
  }

  private static OnnxBuilder softmax(int opset) {
    var model = new OnnxBuilder("g", opset);
    var x = model.input("x", DataType.FLOAT, 2, 3, 4);
    var y = model.node("Softmax", x).integer("axis", 1).output();
    return model.output(y, DataType.FLOAT, 2, 3, 4);
  }

  @Test
  void versionSixBroadcastsFromAnAxis() {
    var model = new OnnxBuilder("g", 6);
    var x = model.input("x", DataType.FLOAT, 1, 2, 2);
    var w = model.initializer("w", new long[] {2}, 10f, 20f);
    var y = model.node("Add", x, w).integer("broadcast", 1).integer("axis", 1).output();
    model.output(y, DataType.FLOAT, 1, 2, 2);

    assertEquals(
        List.of(11.0, 12.0, 23.0, 24.0),
        evaluate(
            load(model, Map.of()),
            NDArray.ofFloats(TensorType.of(DType.F32, 1, 2, 2), 1, 2, 3, 4)));
  }

  @Test
  void aNodeThatDoesNotFitIsNamed() {
    var model = new OnnxBuilder("g", 17);
    var x = model.input("x", DataType.FLOAT, 2, 3);
    var w = model.initializer("w", new long[] {2}, 1f, 2f);
    model.output(model.node("Add", x, w).named("sum").output(), DataType.FLOAT, 2, 3);

    var fault = assertThrows(ModelException.class, () -> load(model, Map.of()));

    assertTrue(fault.getMessage().contains("node Add 'sum' does not fit"), fault.getMessage());
  }

  @Test
  void weightsMayLieInAFileBesideTheModel() throws IOException {
    var values = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    values.putFloat(9).putFloat(9).putFloat(5).putFloat(6);
    Files.write(Files.createDirectories(folder.resolve("data")).resolve("w.bin"), values.array());
    var model = new OnnxBuilder("g", 17);
    var x = model.input("x", DataType.FLOAT, 2);
    model.output(model.node("Add", x, "w").output(), DataType.FLOAT, 2);
    var structure = model.build().toBuilder();
    var weight =
        TensorProto.newBuilder()
            .setName("w")
            .setDataType(DataType.FLOAT_VALUE)
            .addDims(2)
            .setDataLocation(TensorProto.DataLocation.EXTERNAL)
            .addExternalData(entry("location", "data/w.bin"))
            .addExternalData(entry("offset", "8"));
    structure.getGraphBuilder().addInitializer(weight);
    var file = Files.write(folder.resolve("m.onnx"), structure.build().toByteArray());

    var module = OnnxImporter.standard().load(OnnxModel.read(file), Map.of());

    assertEquals(List.of(6.0, 8.0), evaluate(module, floats(1, 2)));
  }

  @Test
  void aFileTooLargeForProtobufIsToldToUseExternalData() throws IOException {
    var file = folder.resolve("large.onnx");
    try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(3L << 30);
    }

    var fault = assertThrows(ModelException.class, () -> OnnxModel.read(file));
    assertTrue(fault.getMessage().contains("external data"), fault.getMessage());
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  private static IRModule load(OnnxBuilder model, Map<String, List<Long>> shapes) {
    return load(model.build(), shapes);
  }

  private static IRModule load(ModelProto proto, Map<String, List<Long>> shapes) {
    return OnnxImporter.standard().load(OnnxModel.of(Path.of("m.onnx"), proto), shapes);
  }

  private static Call call(Expr expr, String operator) {
    var call = (Call) expr;
    assertTrue(call.isCallOf(operator), call.callee().toString());
    return call;
  }

  private static NDArray floats(float... values) {
    return NDArray.ofFloats(TensorType.of(DType.F32, values.length), values);
  }

  private static List<Double> evaluate(IRModule module, NDArray input) {
    Function main = module.main();
    var output = new GraphEvaluator(module).evaluate(main, List.of(input)).getFirst();
    return LongStream.range(0, output.elements()).mapToObj(output::getDouble).toList();
  }
}
