package org.jtvmc.compiler.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jtvmc.codegen.CodegenException;
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

/** One library of each model, run with inputs that lead it other ways, beside ONNX Runtime. */
class RunTimeControlTest {

  @TempDir Path folder;

  private final Random random = new Random(5);

  /** A model, loaded in both. */
  private final class Peers implements AutoCloseable {
    private final ModelProto model;
    private final ModelRunner runner;

    Peers(ModelProto model) throws IOException {
      this.model = model;
      this.runner = library(model, folder);
    }

    /** Runs both, and compares all results. */
    void agree(Map<String, NDArray> inputs) throws OrtException {
      List<NDArray> expected = RuntimePeer.run(model, inputs);
      RuntimePeer.assertGives(expected, runner, inputs);
    }

    @Override
    public void close() {
      runner.close();
    }
  }

  private static ModelRunner library(ModelProto model, Path folder) throws IOException {
    Path file = folder.resolve("model.onnx");
    Files.write(file, model.toByteArray());
    CpuTarget host = HostCpu.detect().target();
    CompileOptions options =
        CompileOptions.builder("model", host).parts(Set.of(CompileOptions.Part.LIB)).build();
    return new ArtifactCompiler(host, CompileListener.NONE)
        .compile(ModelSource.of(file.toString()), options, folder.resolve("libmodel.so"))
        .load(2);
  }

  private NDArray floats(long... sizes) {
    NDArray array = NDArray.allocate(TensorType.of(DType.F32, sizes));
    for (long i = 0; i < array.elements(); i++) {
      array.setDouble(i, random.nextFloat() * 2 - 1);
    }
    return array;
  }

  private static NDArray number(long value) {
    return NDArray.ofLongs(List.of(value)).reshape(TensorType.of(DType.I64));
  }

  private static NDArray flag(boolean value) {
    return NDArray.scalar(DType.BOOL, value ? 1 : 0);
  }

  private static Map<String, NDArray> inputs(Object... namesAndArrays) {
    Map<String, NDArray> inputs = new LinkedHashMap<>();
    for (int i = 0; i < namesAndArrays.length; i += 2) {
      inputs.put((String) namesAndArrays[i], (NDArray) namesAndArrays[i + 1]);
    }
    return inputs;
  }

  /** Adds a node with several outputs of given names. */
  private static ModelProto with(OnnxBuilder builder, NodeProto node) {
    ModelProto.Builder model = builder.build().toBuilder();
    model.getGraphBuilder().addNode(node);
    return model.build();
  }

  private static NodeProto loop(GraphProto body, List<String> inputs, List<String> outputs) {
    return NodeProto.newBuilder()
        .setOpType("Loop")
        .addAllInput(inputs)
        .addAllOutput(outputs)
        .addAttribute(
            AttributeProto.newBuilder()
                .setName("body")
                .setType(AttributeProto.AttributeType.GRAPH)
                .setG(body))
        .build();
  }

  private static OnnxBuilder body() {
    OnnxBuilder body = new OnnxBuilder("body", 17);
    body.input("i", DataType.INT64, new long[0]);
    body.input("on", DataType.BOOL, new long[0]);
    return body;
  }

  /** x -> x W + b until its greatest element is over a limit; what it was after each step. */
  private static ModelProto powers() {
    OnnxBuilder body = body();
    body.input("v", DataType.FLOAT, 2, 3);
    String product = body.node("MatMul", "v", "w").output();
    body.node("Add", product, "b").output("next");
    body.node("Identity", "next").output("kept");
    String most = body.node("ReduceMax", "next").integer("keepdims", 0).output();
    body.node("Less", most, "limit").output("go");
    body.output("go", DataType.BOOL, new long[0]);
    body.output("next", DataType.FLOAT, 2, 3);
    body.output("kept", DataType.FLOAT, 2, 3);
    OnnxBuilder outer = new OnnxBuilder("powers", 17);
    outer.input("n", DataType.INT64, new long[0]);
    outer.input("start", DataType.BOOL, new long[0]);
    outer.input("x", DataType.FLOAT, 2, 3);
    outer.input("b", DataType.FLOAT, 3);
    outer.input("limit", DataType.FLOAT, new long[0]);
    outer.initializer("w", new long[] {3, 3}, .9f, .2f, 0, .1f, .8f, .3f, 0, .4f, .7f);
    outer.output("last", DataType.FLOAT, 2, 3);
    outer.output("all", DataType.FLOAT, "steps", "2", "3");
    return with(outer, loop(body.buildGraph(), List.of("n", "start", "x"), List.of("last", "all")));
  }

  @Test
  void aLoopTakesAsManyStepsAsTheRunSays() throws IOException, OrtException {
    try (Peers peers = new Peers(powers())) {
      for (long steps : new long[] {3, 0, 1, 40, 2}) {
        peers.agree(
            inputs(
                "n", number(steps),
                "start", flag(true),
                "x", floats(2, 3),
                "b", floats(3),
                "limit", NDArray.scalar(DType.F32, 1.5)));
      }
      peers.agree(
          inputs(
              "n", number(9),
              "start", flag(false),
              "x", floats(2, 3),
              "b", floats(3),
              "limit", NDArray.scalar(DType.F32, 1.5)));
    }
  }

  /** What a loop carries grows: {@code v = [v, i * v[0]]}. */
  @Test
  void aValueGrowsFromStepToStep() throws IOException, OrtException {
    OnnxBuilder body = body();
    body.input("v", DataType.FLOAT, "length");
    String first = body.node("Gather", "v", body.constants(0)).output();
    String step = body.node("Cast", "i").integer("to", DataType.FLOAT_VALUE).output();
    String next = body.node("Mul", first, body.node("Add", step, "x").output()).output();
    body.node("Concat", "v", next).integer("axis", 0).output("longer");
    body.node("ReduceSum", "longer").integer("keepdims", 0).output("sum");
    body.node("Identity", "on").output("go");
    body.output("go", DataType.BOOL, new long[0]);
    body.output("longer", DataType.FLOAT, "length");
    body.output("sum", DataType.FLOAT, new long[0]);
    OnnxBuilder outer = new OnnxBuilder("growing", 17);
    outer.input("n", DataType.INT64, new long[0]);
    outer.input("x", DataType.FLOAT, 2);
    outer.output("y", DataType.FLOAT, "m");
    outer.output("sums", DataType.FLOAT, "n");
    ModelProto model =
        with(outer, loop(body.buildGraph(), List.of("n", "", "x"), List.of("y", "sums")));
    try (Peers peers = new Peers(model)) {
      for (long steps : new long[] {5, 0, 17, 1}) {
        peers.agree(inputs("n", number(steps), "x", floats(2)));
      }
    }
  }

  /** A loop in a loop, the inner one as often as the outer one has gone: triangular numbers. */
  @Test
  void loopsStandInLoops() throws IOException, OrtException {
    OnnxBuilder inner = body();
    inner.input("sum", DataType.FLOAT, 2);
    inner.node("Add", "sum", "x").output("more");
    inner.node("Identity", "on").output("inner_go");
    inner.output("inner_go", DataType.BOOL, new long[0]);
    inner.output("more", DataType.FLOAT, 2);
    OnnxBuilder middle = new OnnxBuilder("middle", 17);
    middle.input("j", DataType.INT64, new long[0]);
    middle.input("outer_on", DataType.BOOL, new long[0]);
    middle.input("total", DataType.FLOAT, 2);
    middle.node("Identity", "outer_on").output("outer_go");
    middle.output("outer_go", DataType.BOOL, new long[0]);
    middle.output("after", DataType.FLOAT, 2);
    middle.output("after_too", DataType.FLOAT, 2);
    GraphProto.Builder graph = middle.buildGraph().toBuilder();
    graph.addNode(loop(inner.buildGraph(), List.of("j", "", "total"), List.of("after")));
    graph.addNode(NodeProto.newBuilder().setOpType("Neg").addInput("after").addOutput("after_too"));
    OnnxBuilder outer = new OnnxBuilder("nested", 17);
    outer.input("n", DataType.INT64, new long[0]);
    outer.input("x", DataType.FLOAT, 2);
    outer.initializer("zero", new long[] {2}, 0f, 0f);
    outer.output("y", DataType.FLOAT, 2);
    outer.output("all", DataType.FLOAT, "n", "2");
    ModelProto model =
        with(outer, loop(graph.build(), List.of("n", "", "zero"), List.of("y", "all")));
    try (Peers peers = new Peers(model)) {
      for (long steps : new long[] {4, 0, 1, 9}) {
        peers.agree(inputs("n", number(steps), "x", floats(2)));
      }
    }
  }

  private static NodeProto branch(GraphProto yes, GraphProto no, String condition, String output) {
    return NodeProto.newBuilder()
        .setOpType("If")
        .addInput(condition)
        .addOutput(output)
        .addAttribute(
            AttributeProto.newBuilder()
                .setName("then_branch")
                .setType(AttributeProto.AttributeType.GRAPH)
                .setG(yes))
        .addAttribute(
            AttributeProto.newBuilder()
                .setName("else_branch")
                .setType(AttributeProto.AttributeType.GRAPH)
                .setG(no))
        .build();
  }

  /** The one branch gives elements found in it, the other all of them. */
  @Test
  void branchesGiveDifferentShapes() throws IOException, OrtException {
    OnnxBuilder yes = new OnnxBuilder("yes", 17);
    String found = yes.node("NonZero", "x").output();
    String rows = yes.node("Transpose", found).output();
    yes.node("Neg", yes.node("GatherND", "x", rows).output()).output("found");
    yes.output("found", DataType.FLOAT, "k");
    OnnxBuilder no = new OnnxBuilder("no", 17);
    no.node("Reshape", "x", no.constants(-1)).output("flat");
    no.output("flat", DataType.FLOAT, "k");
    OnnxBuilder outer = new OnnxBuilder("branches", 17);
    outer.input("c", DataType.BOOL, new long[0]);
    outer.input("x", DataType.FLOAT, 3, 4);
    outer.output("y", DataType.FLOAT, "k");
    try (Peers peers =
        new Peers(with(outer, branch(yes.buildGraph(), no.buildGraph(), "c", "y")))) {
      NDArray x = floats(3, 4);
      x.setDouble(2, 0);
      x.setDouble(11, 0);
      peers.agree(inputs("c", flag(true), "x", x));
      peers.agree(inputs("c", flag(false), "x", x));
      NDArray nothing = NDArray.allocate(TensorType.of(DType.F32, 3, 4));
      peers.agree(inputs("c", flag(true), "x", nothing));
      peers.agree(inputs("c", flag(false), "x", nothing));
    }
  }

  /** Two values whose sizes are found meet in one product. */
  @Test
  void sizesThatARunFindsGoThroughProducts() throws IOException, OrtException {
    OnnxBuilder builder = new OnnxBuilder("found", 17);
    builder.input("x", DataType.FLOAT, 6, 5);
    builder.input("c", DataType.BOOL, 6);
    builder.initializer("w", new long[] {5, 2}, 1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f, 9f, 10f);
    String kept = builder.node("Compress", "x", "c").integer("axis", 0).output();
    String y = builder.node("MatMul", kept, "w").output();
    builder.node("Softmax", builder.node("Add", y, y).output()).output("y");
    builder.output("y", DataType.FLOAT, "k", "2");
    try (Peers peers = new Peers(builder.build())) {
      for (int round = 0; round < 4; round++) {
        NDArray c = NDArray.allocate(TensorType.of(DType.BOOL, 6));
        for (long i = 0; i < 6; i++) {
          c.setLong(i, round == 0 ? 0 : random.nextInt(2));
        }
        peers.agree(inputs("x", floats(6, 5), "c", c));
      }
    }
  }

  /** Every step puts a part of the input into a sequence, which becomes one tensor again. */
  private static ModelProto collecting() {
    OnnxBuilder body = body();
    body.node("Identity", "on").output("go");
    String end = body.node("Add", "i", body.constants(1)).output();
    body.node("Slice", "x", body.constants(0), end).output("part");
    body.node("SequenceInsert", "s", "part").output("longer");
    body.output("go", DataType.BOOL, new long[0]);
    GraphProto.Builder graph = body.buildGraph().toBuilder();
    ValueInfoProto.Builder sequence =
        ValueInfoProto.newBuilder()
            .setType(
                TypeProto.newBuilder()
                    .setSequenceType(
                        TypeProto.Sequence.newBuilder()
                            .setElemType(
                                TypeProto.newBuilder()
                                    .setTensorType(
                                        TypeProto.Tensor.newBuilder()
                                            .setElemType(DataType.FLOAT_VALUE)))));
    graph.addInput(sequence.clone().setName("s"));
    graph.addOutput(sequence.clone().setName("longer"));
    OnnxBuilder outer = new OnnxBuilder("collecting", 17);
    outer.input("n", DataType.INT64, new long[0]);
    outer.input("x", DataType.FLOAT, 6);
    outer.output("y", DataType.FLOAT, "k");
    outer.output("length", DataType.INT64, new long[0]);
    outer.output("third", DataType.FLOAT, "k");
    ModelProto.Builder model = outer.build().toBuilder();
    model
        .getGraphBuilder()
        .addNode(
            NodeProto.newBuilder()
                .setOpType("SequenceConstruct")
                .addInput("x")
                .addOutput("empty_not"))
        .addNode(loop(graph.build(), List.of("n", "", "empty_not"), List.of("sequence")))
        .addNode(
            NodeProto.newBuilder()
                .setOpType("ConcatFromSequence")
                .addInput("sequence")
                .addOutput("y")
                .addAttribute(
                    AttributeProto.newBuilder()
                        .setName("axis")
                        .setType(AttributeProto.AttributeType.INT)
                        .setI(0)))
        .addNode(
            NodeProto.newBuilder()
                .setOpType("SequenceLength")
                .addInput("sequence")
                .addOutput("length"))
        .addNode(
            NodeProto.newBuilder()
                .setOpType("SequenceAt")
                .addInput("sequence")
                .addInput("n")
                .addOutput("third"));
    return model.build();
  }

  @Test
  void sequencesGrowInLoops() throws IOException, OrtException {
    try (Peers peers = new Peers(collecting())) {
      for (long steps : new long[] {3, 1, 6, 0}) {
        peers.agree(inputs("n", number(steps), "x", floats(6)));
      }
    }
  }

  @Test
  void aSizeThatCannotBeIsASentence() throws IOException {
    OnnxBuilder builder = new OnnxBuilder("sizes", 17);
    builder.input("s", DataType.INT64, 2);
    builder.node("ConstantOfShape", "s").output("y");
    builder.output("y", DataType.FLOAT, "a", "b");
    try (ModelRunner runner = library(builder.build(), folder)) {
      assertEquals(
          List.of(2L, 3L),
          runner.run(List.of(NDArray.ofLongs(List.of(2L, 3L)))).getFirst().type().sizes());
      for (List<Long> shape :
          List.of(
              List.of(-1L, 3L), List.of(1L << 40, 1L), List.of((1L << 31) - 1, (1L << 31) - 1))) {
        CodegenException fault =
            assertThrows(CodegenException.class, () -> runner.run(List.of(NDArray.ofLongs(shape))));
        assertTrue(fault.getMessage().matches("(?s).*(size|memory|large).*"), fault.getMessage());
      }
      assertEquals(
          List.of(0L, 3L),
          runner.run(List.of(NDArray.ofLongs(List.of(0L, 3L)))).getFirst().type().sizes());
    }
  }
}
