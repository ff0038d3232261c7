package org.jtvmc.tests.fuzz;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.compiler.onnx.OnnxBuilder;

/**
 * Models with graphs inside their nodes, functions, sequences and optional values, most of which
 * break a rule of ONNX or ask for more than a file of their size should get.
 */
final class HostileBodies {

  private static final int OPSET = 17;
  private static final long[] SCALAR = {};

  private final Map<String, ModelProto> models = new LinkedHashMap<>();

  private HostileBodies() {}

  /** By what is wrong with each. */
  static Map<String, ModelProto> all() {
    HostileBodies bodies = new HostileBodies();
    bodies.branches();
    bodies.deepBranches();
    bodies.loops();
    bodies.deepLoops();
    bodies.scans();
    bodies.functions();
    bodies.sequences();
    bodies.optionals();
    return bodies.models;
  }

  private static OnnxBuilder outer() {
    OnnxBuilder outer = new OnnxBuilder("g", OPSET);
    outer.input("x", DataType.FLOAT, 2, 3);
    outer.input("c", DataType.BOOL, SCALAR);
    outer.input("n", DataType.INT64, SCALAR);
    outer.initializer("thousand", SCALAR, 1000L);
    return outer;
  }

  private void add(String name, OnnxBuilder model, String output) {
    models.put(name, model.output(output, DataType.FLOAT, "a", "b").build());
  }

  /** A graph that applies one operator to a value. */
  private static GraphProto applying(String operator, String input, DataType type) {
    OnnxBuilder graph = new OnnxBuilder("inner", OPSET);
    String result = graph.node(operator, input).output();
    return graph.output(result, type, "p", "q").buildGraph();
  }

  private void branch(String name, GraphProto yes, GraphProto no) {
    OnnxBuilder outer = outer();
    add(
        name,
        outer,
        outer.node("If", "c").graph("then_branch", yes).graph("else_branch", no).output());
  }

  private void branches() {
    GraphProto relu = applying("Relu", "x", DataType.FLOAT);
    OnnxBuilder toInteger = new OnnxBuilder("inner", OPSET);
    String cast = toInteger.node("Cast", "x").integer("to", DataType.INT64_VALUE).output();
    branch(
        "branches of other types", relu, toInteger.output(cast, DataType.INT64, 2, 3).buildGraph());
    branch("a branch without outputs", relu, GraphProto.getDefaultInstance());
    branch(
        "a branch that reads what is nowhere", relu, applying("Relu", "nowhere", DataType.FLOAT));
    branch(
        "a branch with an input",
        relu,
        relu.toBuilder().addInput(outer().buildGraph().getInput(0)).build());
    branch(
        "a branch that is an outer value",
        relu,
        new OnnxBuilder("i", OPSET).output("x", DataType.FLOAT, 2, 3).buildGraph());
    branch(
        "a branch that defines a name twice",
        relu,
        relu.toBuilder().addNode(relu.getNode(0)).build());
    branch("a branch that calls itself by name", relu, applying("inner", "x", DataType.FLOAT));
    OnnxBuilder without = outer();
    add("an If without branches", without, without.node("If", "c").output());
    OnnxBuilder number = outer();
    add(
        "a branch that is a number",
        number,
        number.node("If", "c").integer("then_branch", 1).graph("else_branch", relu).output());
    OnnxBuilder wrong = outer();
    add(
        "a condition that is a matrix",
        wrong,
        wrong.node("If", "x").graph("then_branch", relu).graph("else_branch", relu).output());
    GraphProto deep = relu;
    for (int depth = 0; depth < 30; depth++) {
      OnnxBuilder next = new OnnxBuilder("inner", OPSET);
      String result =
          next.node("If", "c").graph("then_branch", deep).graph("else_branch", relu).output();
      deep = next.output(result, DataType.FLOAT, "p", "q").buildGraph();
    }
    branch("branches in branches", deep, relu);
  }

  /** More graphs in each other than a reader that calls itself for each has stack for. */
  private void deepBranches() {
    ModelProto.Builder model = outer().output("y", DataType.FLOAT, "a", "b").build().toBuilder();
    GraphProto inner = GraphProto.getDefaultInstance();
    for (int depth = 0; depth < 10_000; depth++) {
      AttributeProto branch =
          AttributeProto.newBuilder()
              .setName("then_branch")
              .setType(AttributeProto.AttributeType.GRAPH)
              .setG(inner)
              .build();
      NodeProto node = plain("If", "y", "c").toBuilder().addAttribute(branch).build();
      inner = GraphProto.newBuilder().addNode(node).build();
    }
    model.getGraphBuilder().addNode(inner.getNode(0));
    models.put("branches nested 10,000 deep", model.build());
  }

  /** A body that hands on what a node makes of the value that it is handed. */
  private static GraphProto body(String operator, String... inputs) {
    OnnxBuilder body = body();
    String next = body.node(operator, inputs).output();
    return finished(body, next);
  }

  private static OnnxBuilder body() {
    OnnxBuilder body = new OnnxBuilder("body", OPSET);
    body.input("i", DataType.INT64, SCALAR);
    body.input("on", DataType.BOOL, SCALAR);
    body.input("v", DataType.FLOAT, "p", "q");
    return body;
  }

  private static GraphProto finished(OnnxBuilder body, String next) {
    body.output("on", DataType.BOOL, SCALAR);
    return body.output(next, DataType.FLOAT, "p", "q").buildGraph();
  }

  /** A body that puts the value that it is handed behind those of the steps before, too. */
  private static GraphProto collecting() {
    OnnxBuilder body = body();
    String next = body.node("Relu", "v").output();
    String kept = body.node("Neg", next).output();
    GraphProto graph = finished(body, next);
    return graph.toBuilder().addOutput(graph.getOutput(1).toBuilder().setName(kept)).build();
  }

  private void loop(String name, GraphProto body, String... inputs) {
    OnnxBuilder outer = outer();
    add(name, outer, outer.node("Loop", inputs).graph("body", body).output());
  }

  private void loop(String name, long steps, GraphProto body) {
    OnnxBuilder outer = outer();
    String most = outer.constant(steps);
    add(name, outer, outer.node("Loop", most, "", "x").graph("body", body).output());
  }

  private void loops() {
    GraphProto relu = body("Relu", "v");
    loop("a loop of as many steps as the run says", relu, "n", "c", "x");
    loop("a loop of a negative number of steps", -5, relu);
    for (long steps : new long[] {1L << 62, Long.MAX_VALUE}) {
      loop("a loop of %d steps".formatted(steps), steps, relu);
      loop("a loop of %d steps that collects".formatted(steps), steps, collecting());
    }
    loop("a loop without inputs", relu);
    loop("a loop that is handed too little", relu, "n", "c");
    loop("a loop that is handed too much", relu, "n", "c", "x", "x");
    loop("a loop without a body", GraphProto.getDefaultInstance(), "n", "c", "x");
    loop("a number of steps that is a matrix", relu, "x", "c", "x");
    loop("a condition that is a number", relu, "n", "n", "x");
    loop("a body with too few outputs", relu.toBuilder().removeOutput(1).build(), "n", "c", "x");
    loop(
        "a body with an output too many",
        relu.toBuilder().addOutput(relu.getOutput(0)).build(),
        "n",
        "c",
        "x");
    loop("a body that reads what is nowhere", body("Add", "v", "nowhere"), "n", "c", "x");
    loop(
        "a body that reads a value of a later step",
        body("Add", "v", "Add_0_output"),
        "n",
        "c",
        "x");
    loop("a body that hands on another type", body("Not", "on"), "n", "c", "x");
    loop("a body that hands on another rank", body("NonZero", "v"), "n", "c", "x");
    OnnxBuilder growing = body();
    loop(
        "a value whose rank grows",
        finished(growing, growing.node("Unsqueeze", "v", growing.constants(0)).output()),
        "n",
        "c",
        "x");
    OnnxBuilder doubling = body();
    loop(
        "a value that doubles in every step",
        4000,
        finished(doubling, doubling.node("Concat", "v", "v").integer("axis", 0).output()));
    OnnxBuilder squaring = body();
    loop(
        "a size that squares in every step",
        finished(
            squaring,
            squaring.node("MatMul", squaring.node("Transpose", "v").output(), "v").output()),
        "n",
        "c",
        "x");
    loop(
        "inputs of one name",
        relu.toBuilder().setInput(1, relu.getInput(0)).build(),
        "n",
        "c",
        "x");
    OnnxBuilder shadowing = body();
    shadowing.initializer("x", new long[] {1}, 7f);
    loop(
        "a body that takes an outer name",
        finished(shadowing, shadowing.node("Add", "v", "x").output()),
        "n",
        "c",
        "x");
  }

  private void deepLoops() {
    GraphProto unknown = body("Relu", "v");
    GraphProto known = unknown;
    GraphProto grows = unknown;
    GraphProto ends = unknown;
    for (int depth = 0; depth < 28; depth++) {
      unknown = around(unknown, depth, "on", "n", "Relu", "v");
      known = around(known, depth, "on", "thousand", "Relu", "v");
      grows = around(grows, depth, "on", "n", "Add", "v", "x");
      ends = around(ends, depth, "ends" + depth, "thousand", "Relu", "v");
      if (depth % 9 == 0) {
        loop("loops in %d loops".formatted(depth + 1), unknown, "n", "c", "x");
        loop("a thousand steps in %d loops".formatted(depth + 1), known, "thousand", "", "x");
        loop("growing values in %d loops".formatted(depth + 1), grows, "n", "c", "x");
        loop("ends that are found in %d loops".formatted(depth + 1), ends, "thousand", "", "x");
      }
    }
  }

  private static GraphProto around(
      GraphProto inner, int depth, String goesOn, String most, String operator, String... inputs) {
    OnnxBuilder body = body();
    String own = body.node(operator, inputs).named(operator + depth).output();
    String next =
        body.node("Loop", most, "", own).named("Loop" + depth).graph("body", inner).output();
    if (!goesOn.equals("on")) {
      String sum =
          body.node("ReduceSum", next).named("Sum" + depth).integer("keepdims", 0).output();
      body.node("Cast", sum).integer("to", DataType.BOOL_VALUE).output(goesOn);
    }
    return body.output(goesOn, DataType.BOOL, SCALAR)
        .output(next, DataType.FLOAT, "p", "q")
        .buildGraph();
  }

  private void scan(String name, long scanned, GraphProto body, long[] axes, String... inputs) {
    OnnxBuilder outer = outer();
    OnnxBuilder.Node node =
        outer.node("Scan", inputs).integer("num_scan_inputs", scanned).graph("body", body);
    add(name, outer, (axes.length == 0 ? node : node.ints("scan_input_axes", axes)).output());
  }

  private void scans() {
    OnnxBuilder row = new OnnxBuilder("row", OPSET);
    row.input("r", DataType.FLOAT, 3);
    GraphProto body = row.output(row.node("Relu", "r").output(), DataType.FLOAT, 3).buildGraph();
    scan("a scan", 1, body, SCALAR, "x");
    scan("a scan of nothing", 0, body, SCALAR, "x");
    scan("a scan of less than nothing", -1, body, SCALAR, "x");
    scan("a scan of more than there is", 5, body, SCALAR, "x");
    scan("a scan of a great many", 1L << 40, body, SCALAR, "x");
    scan("a scan without inputs", 1, body, SCALAR);
    scan("a scan of a number", 1, body, SCALAR, "n");
    scan("a scan along an axis that is not there", 1, body, new long[] {7}, "x");
    scan("a scan along the least axis", 1, body, new long[] {Long.MIN_VALUE}, "x");
    scan("a scan without a body", 1, GraphProto.getDefaultInstance(), SCALAR, "x");
    scan(
        "a scan of two lengths",
        2,
        body.toBuilder().addInput(body.getInput(0).toBuilder().setName("s")).build(),
        new long[] {0, 1},
        "x",
        "x");
  }

  private static FunctionProto function(String name, NodeProto... nodes) {
    return FunctionProto.newBuilder()
        .setName(name)
        .setDomain("own")
        .addInput("a")
        .addOutput("z")
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET))
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("own").setVersion(1))
        .addAllNode(List.of(nodes))
        .build();
  }

  private static NodeProto call(String name, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setDomain("own")
        .setOpType(name)
        .addAllInput(List.of(inputs))
        .addOutput(output)
        .build();
  }

  private static NodeProto plain(String operator, String output, String... inputs) {
    return call(operator, output, inputs).toBuilder().clearDomain().build();
  }

  /** A model that calls the first of some functions. */
  private void calling(String name, FunctionProto... functions) {
    OnnxBuilder outer = outer();
    String result = outer.node(functions[0].getName(), "x").domain("own").output();
    models.put(
        name,
        outer.output(result, DataType.FLOAT, "a", "b").build().toBuilder()
            .addAllFunctions(List.of(functions))
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("own").setVersion(1))
            .build());
  }

  private void functions() {
    calling("a function", function("F", plain("Relu", "z", "a")));
    calling("a function that calls itself", function("F", call("F", "z", "a")));
    calling(
        "functions that call each other",
        function("F", call("G", "z", "a")),
        function("G", call("F", "z", "a")));
    calling("a function that reads what is nowhere", function("F", plain("Add", "z", "a", "x")));
    calling("a function without its output", function("F", plain("Relu", "y", "a")));
    calling(
        "a function whose nodes stand in the wrong order",
        function("F", plain("Relu", "z", "y"), plain("Relu", "y", "a")));
    calling(
        "a function that defines a name twice",
        function("F", plain("Relu", "z", "a"), plain("Neg", "z", "a")));
    calling("a function of an unknown operator", function("F", plain("Frobnicate", "z", "a")));
    FunctionProto[] laughs = new FunctionProto[60];
    for (int i = 0; i < laughs.length; i++) {
      String next = "F" + (i + 1);
      laughs[i] =
          i + 1 < laughs.length
              ? function(
                  "F" + i, call(next, "y", "a"), call(next, "w", "y"), plain("Add", "z", "w", "y"))
              : function("F" + i, plain("Relu", "z", "a"));
    }
    calling("functions that double their calls", laughs);
    OnnxBuilder again = new OnnxBuilder("inner", OPSET);
    again.node("F", "a").domain("own").output("again");
    GraphProto inner = again.output("again", DataType.FLOAT, 2, 3).buildGraph();
    OnnxBuilder choice = new OnnxBuilder("choice", OPSET);
    choice.node("If", "a").graph("then_branch", inner).graph("else_branch", inner).output("z");
    calling(
        "a function that calls itself in a branch", function("F", choice.buildGraph().getNode(0)));
  }

  private void sequences() {
    OnnxBuilder nested = outer();
    String value = "x";
    for (int depth = 0; depth < 50; depth++) {
      value = nested.node("SequenceConstruct", value, value).output();
    }
    add("sequences of sequences", nested, value);
    OnnxBuilder inserting = outer();
    String grown = inserting.node("SequenceConstruct", "x").output();
    for (int depth = 0; depth < 50; depth++) {
      grown = inserting.node("SequenceInsert", grown, grown).output();
    }
    add("a sequence put into itself", inserting, grown);
    OnnxBuilder at = outer();
    add(
        "a place beyond a sequence",
        at,
        at.node(
                "SequenceAt",
                at.node("SequenceConstruct", "x").output(),
                at.constant(Long.MIN_VALUE))
            .output());
    OnnxBuilder empty = outer();
    add(
        "the first of an empty sequence",
        empty,
        empty
            .node("SequenceAt", empty.node("SequenceEmpty").output(), empty.constant(0L))
            .output());
    OnnxBuilder erased = outer();
    add(
        "an empty sequence made shorter",
        erased,
        erased.node("SequenceErase", erased.node("SequenceEmpty").output()).output());
    OnnxBuilder added = outer();
    add(
        "a sum of a sequence and a tensor",
        added,
        added.node("Add", added.node("SequenceConstruct", "x").output(), "x").output());
    OnnxBuilder length = outer();
    add("the length of a tensor", length, length.node("SequenceLength", "x").output());
    OnnxBuilder joined = outer();
    add(
        "the concatenation of nothing",
        joined,
        joined
            .node("ConcatFromSequence", joined.node("SequenceEmpty").output())
            .integer("axis", 0)
            .output());
    OnnxBuilder far = outer();
    add(
        "a concatenation along an axis that is not there",
        far,
        far.node("ConcatFromSequence", far.node("SequenceConstruct", "x", "n").output())
            .integer("axis", Long.MAX_VALUE)
            .output());
    OnnxBuilder huge = outer();
    huge.input("h", DataType.FLOAT, Integer.MAX_VALUE, 1);
    add(
        "a sequence of two thousand million",
        huge,
        huge.node("SequenceAt", huge.node("SplitToSequence", "h").output(), "n").output());
    OnnxBuilder parts = outer();
    add(
        "parts of a negative size",
        parts,
        parts.node("SplitToSequence", "x", parts.constants(5, -3)).output());
    OnnxBuilder mapped = outer();
    String two = mapped.node("SequenceConstruct", "x", "x").output();
    String one = mapped.node("SequenceConstruct", "x").output();
    OnnxBuilder sum = new OnnxBuilder("sum", OPSET);
    sum.input("a", DataType.FLOAT, 2, 3);
    sum.input("b", DataType.FLOAT, 2, 3);
    GraphProto body =
        sum.output(sum.node("Add", "a", "b").output(), DataType.FLOAT, 2, 3).buildGraph();
    add(
        "a map over sequences of two lengths",
        mapped,
        mapped.node("SequenceMap", two, one).graph("body", body).output());
  }

  private void optionals() {
    OnnxBuilder nothing = outer();
    add("an optional value that is not there", nothing, nothing.node("Optional").output());
    OnnxBuilder element = outer();
    add(
        "the value of nothing",
        element,
        element.node("OptionalGetElement", element.node("Optional").output()).output());
    OnnxBuilder sum = outer();
    add("a sum with nothing", sum, sum.node("Add", sum.node("Optional").output(), "x").output());
    OnnxBuilder sequence = outer();
    add(
        "the length of nothing",
        sequence,
        sequence.node("SequenceLength", sequence.node("Optional").output()).output());
    OnnxBuilder has = outer();
    add("whether nothing is there", has, has.node("OptionalHasElement").output());
  }
}
