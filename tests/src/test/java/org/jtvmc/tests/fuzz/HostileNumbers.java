package org.jtvmc.tests.fuzz;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.compiler.onnx.OnnxBuilder;

/** Models whose numbers, names or bytes are at the edge of what can be, or beyond it. */
final class HostileNumbers {
  private static final int OPSET = 17;

  private final Map<String, ModelProto> models = new LinkedHashMap<>();

  private HostileNumbers() {}

  /** By what is wrong with each. */
  static Map<String, ModelProto> all() {
    HostileNumbers numbers = new HostileNumbers();
    numbers.sizes();
    numbers.axes();
    numbers.parts();
    numbers.windows();
    numbers.tensors();
    numbers.locations();
    numbers.versions();
    numbers.names();
    return numbers.models;
  }

  private static OnnxBuilder outer() {
    OnnxBuilder outer = new OnnxBuilder("g", OPSET);
    outer.input("x", DataType.FLOAT, 2, 3);
    return outer;
  }

  private void add(String name, OnnxBuilder model, String output) {
    models.put(name, model.output(output, DataType.FLOAT, "a", "b").build());
  }

  private void sizes() {
    for (long size : new long[] {1L << 31, 1L << 40, Long.MAX_VALUE}) {
      OnnxBuilder huge = new OnnxBuilder("g", OPSET);
      huge.input("x", DataType.FLOAT, size, size, 4);
      add("an input of %d rows and columns".formatted(size), huge, huge.node("Relu", "x").output());
      OnnxBuilder filled = outer();
      add(
          "a constant of %d elements".formatted(size),
          filled,
          filled.node("ConstantOfShape", filled.constants(size)).output());
      OnnxBuilder repeated = outer();
      String times = repeated.constants(size, size);
      add("%d repetitions".formatted(size), repeated, repeated.node("Tile", "x", times).output());
      OnnxBuilder expanded = outer();
      String shape = expanded.constants(size, 2, 3);
      add(
          "an Expand to %d".formatted(size),
          expanded,
          expanded.node("Expand", "x", shape).output());
      OnnxBuilder reshaped = outer();
      String sizes = reshaped.constants(size, -1);
      add(
          "a Reshape to %d".formatted(size),
          reshaped,
          reshaped.node("Reshape", "x", sizes).output());
      OnnxBuilder ranged = outer();
      String end = ranged.constant(size);
      String range = ranged.node("Range", ranged.constant(0L), end, ranged.constant(1L)).output();
      add("a range to %d".formatted(size), ranged, range);
    }
    OnnxBuilder nothing = new OnnxBuilder("g", OPSET);
    nothing.initializer("e", new long[] {0, 3});
    nothing.input("x", DataType.FLOAT, 3, 2);
    String product = nothing.node("MatMul", "e", "x").output();
    String most = nothing.node("Softmax", product).output();
    add("a product of nothing", nothing, nothing.node("Transpose", most).output());
    OnnxBuilder none = new OnnxBuilder("g", OPSET);
    none.initializer("e", new long[] {3, 0});
    add("the greatest of nothing", none, none.node("ReduceMax", "e").ints("axes", 1).output());
    OnnxBuilder step = outer();
    String zero = step.constant(0L);
    add(
        "a range of steps of nothing",
        step,
        step.node("Range", zero, step.constant(9L), zero).output());
  }

  private void axes() {
    for (long axis : new long[] {Long.MIN_VALUE, Long.MAX_VALUE, -3, 1L << 32, -(1L << 32) - 1}) {
      for (String operator :
          List.of("Concat", "Softmax", "Flatten", "ArgMax", "CumSum", "Gather")) {
        OnnxBuilder model = outer();
        OnnxBuilder.Node node =
            switch (operator) {
              case "CumSum" -> model.node(operator, "x", model.constant(axis));
              case "Gather" -> model.node(operator, "x", model.constants(0)).integer("axis", axis);
              default -> model.node(operator, "x").integer("axis", axis);
            };
        add("%s along axis %d".formatted(operator, axis), model, node.output());
      }
      OnnxBuilder model = outer();
      String axes = model.constants(axis);
      add(
          "Unsqueeze at axis %d".formatted(axis),
          model,
          model.node("Unsqueeze", "x", axes).output());
      OnnxBuilder permuted = outer();
      add(
          "Transpose by axis %d".formatted(axis),
          permuted,
          permuted.node("Transpose", "x").ints("perm", axis, 0).output());
      OnnxBuilder gathered = outer();
      String place = gathered.constants(axis);
      add("Gather at %d".formatted(axis), gathered, gathered.node("Gather", "x", place).output());
    }
  }

  private void parts() {
    long[] extremes = {Long.MIN_VALUE, Long.MAX_VALUE, Integer.MIN_VALUE, Integer.MAX_VALUE, -1};
    for (long value : extremes) {
      OnnxBuilder slice = outer();
      String starts = slice.constants(value);
      String ends = slice.constants(Long.MAX_VALUE);
      String axes = slice.constants(0);

      add(
          "Slice from %d".formatted(value),
          slice,
          slice.node("Slice", "x", starts, ends, axes).output());
      OnnxBuilder steep = outer();
      String from = steep.constants(value);
      String to = steep.constants(Long.MIN_VALUE);
      String axis = steep.constants(1);
      String by = steep.constants(value);
      add(
          "Slice by %d".formatted(value),
          steep,
          steep.node("Slice", "x", from, to, axis, by).output());
      OnnxBuilder pad = outer();
      String pads = pad.constants(value, 0, 1, 0);
      add("Pad by %d".formatted(value), pad, pad.node("Pad", "x", pads).output());
      OnnxBuilder split = outer();
      String sizes = split.constants(value, 2 - value);
      add("Split at %d".formatted(value), split, split.node("Split", "x", sizes).outputs(2).get(1));
      OnnxBuilder top = outer();
      add(
          "the top %d".formatted(value),
          top,
          top.node("TopK", "x", top.constants(value)).outputs(2).getFirst());
      OnnxBuilder hot = outer();
      hot.initializer("values", new long[] {2}, 0f, 1f);
      String depth = hot.constant(value);
      String which = hot.constants(1, 0);
      add(
          "OneHot of %d".formatted(value),
          hot,
          hot.node("OneHot", which, depth, "values").output());
      OnnxBuilder upper = outer();
      add(
          "Trilu at %d".formatted(value),
          upper,
          upper.node("Trilu", "x", upper.constant(value)).output());
    }
    OnnxBuilder still = outer();
    String zero = still.constants(0);
    String end = still.constants(2);
    add("Slice by nothing", still, still.node("Slice", "x", zero, end, zero, zero).output());
  }

  private void windows() {
    for (float scale : new float[] {0, -1, 1e-30f, 1e30f, Float.NaN, Float.POSITIVE_INFINITY}) {
      OnnxBuilder resize = outer();
      resize.initializer("scales", new long[] {2}, 1f, scale);
      add(
          "Resize by %s".formatted(scale),
          resize,
          resize.node("Resize", "x", "", "scales").output());
    }
    for (long value : new long[] {0, -1, 1L << 31, Long.MAX_VALUE}) {
      for (String name : List.of("kernel_shape", "strides", "dilations", "pads")) {
        OnnxBuilder model = new OnnxBuilder("g", OPSET);
        model.input("x", DataType.FLOAT, 1, 1, 4, 4);
        OnnxBuilder.Node node = model.node("MaxPool", "x");
        if (!name.equals("kernel_shape")) {
          node.ints("kernel_shape", 2, 2);
        }
        node = name.equals("pads") ? node.ints(name, value, 0, 0, 0) : node.ints(name, value, 1);
        add("MaxPool with %s %d".formatted(name, value), model, node.output());
      }
      OnnxBuilder conv = new OnnxBuilder("g", OPSET);
      conv.input("x", DataType.FLOAT, 1, 2, 4, 4);
      conv.initializer("w", new long[] {2, 1, 1, 1}, 1f, 2f);
      add(
          "Conv of %d groups".formatted(value),
          conv,
          conv.node("Conv", "x", "w").integer("group", value).output());
    }
  }

  /** A model of one weight, whose bytes are too few or too many. */
  private void weight(String name, TensorProto.Builder tensor) {
    ModelProto.Builder model = outer().output("w", DataType.FLOAT, 3).build().toBuilder();
    model.getGraphBuilder().addInitializer(tensor.setName("w"));
    models.put(name, model.build());
  }

  private void tensors() {
    for (DataType type : DataType.values()) {
      for (int bytes : new int[] {0, 1, 3, 1000}) {
        ByteString raw = ByteString.copyFrom(new byte[bytes]);
        TensorProto.Builder tensor =
            TensorProto.newBuilder().setDataType(type.getNumber()).addDims(5);
        weight(
            "%d bytes for 5 elements of %s".formatted(bytes, type), tensor.clone().setRawData(raw));
        weight(
            "%d numbers for 5 elements of %s".formatted(bytes, type),
            tensor
                .addAllInt32Data(Collections.nCopies(bytes, 3))
                .addAllFloatData(Collections.nCopies(bytes, 3f))
                .addAllInt64Data(Collections.nCopies(bytes, 3L))
                .addAllUint64Data(Collections.nCopies(bytes, 3L))
                .addAllDoubleData(Collections.nCopies(bytes, 3.0)));
      }
    }
    weight("elements of type 99", TensorProto.newBuilder().setDataType(99).addDims(1));
    weight(
        "texts that are no UTF-8",
        TensorProto.newBuilder()
            .setDataType(8)
            .addDims(1)
            .addStringData(ByteString.copyFrom(new byte[] {-1, -2, 0, -3})));
  }

  /** Weights in files that are nowhere, and must not be looked for outside the model's folder. */
  private void locations() {
    for (String location :
        List.of(
            "..\\x",
            "..\\..\\x",
            "a\\..\\..\\x",
            "C:\\x",
            "\\\\host\\x",
            "../x",
            "/x",
            "x/../../y",
            "file:///x",
            "x\u0000.bin",
            "~/x",
            "x".repeat(5000))) {
      weight(
          "weights in '%.20s'".formatted(location),
          TensorProto.newBuilder()
              .setDataType(DataType.FLOAT_VALUE)
              .addDims(3)
              .setDataLocation(TensorProto.DataLocation.EXTERNAL)
              .addExternalData(
                  StringStringEntryProto.newBuilder().setKey("location").setValue(location)));
    }
  }

  private void versions() {
    ModelProto plain = outer().output("x", DataType.FLOAT, 2, 3).build();
    for (long version : new long[] {0, -1, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE}) {
      OnnxBuilder relu = outer();
      ModelProto.Builder model =
          relu.output(relu.node("Relu", "x").output(), DataType.FLOAT, 2, 3).build().toBuilder();
      model.setOpsetImport(0, OperatorSetIdProto.newBuilder().setVersion(version));
      models.put("operator set %d".formatted(version), model.build());
      models.put(
          "file format %d".formatted(version), plain.toBuilder().setIrVersion(version).build());
    }
    models.put("no operator sets", plain.toBuilder().clearOpsetImport().build());
    models.put("no outputs", outer().build());
  }

  private void names() {
    for (String name :
        List.of("", "\u0000", "../../x", "%n%s", "a\"b\\", "\uD83D\uDE00".repeat(300))) {
      OnnxBuilder model = new OnnxBuilder(name, OPSET);
      model.input("x" + name, DataType.FLOAT, 2, 3);
      model.node("Relu", "x" + name).output("y" + name);
      add(
          "a name of %d characters, %d".formatted(name.length(), name.hashCode()),
          model,
          "y" + name);
    }
    OnnxBuilder twice = outer();
    twice.input("x", DataType.FLOAT, 3, 2);
    add("two inputs of one name", twice, twice.node("Relu", "x").output());
    OnnxBuilder nameless = new OnnxBuilder("g", OPSET);
    nameless.input("", DataType.FLOAT, 2, 3);
    add("an input without a name", nameless, nameless.node("Relu", "").output());
    OnnxBuilder outputs = outer();
    String y = outputs.node("Relu", "x").output();
    outputs.output(y, DataType.FLOAT, 2, 3);
    add("an output twice", outputs, y);
  }
}
