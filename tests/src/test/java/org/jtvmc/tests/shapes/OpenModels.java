package org.jtvmc.tests.shapes;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jtvmc.compiler.onnx.OnnxBuilder;

/** Small models with open sizes, written as exporters do. */
final class OpenModels {
  /** The rows of the table of positions: the most that a text may have. */
  static final int POSITIONS = 40;

  private static final int HEADS = 2;
  private static final int WIDTH = 16;

  private final OnnxBuilder model = new OnnxBuilder("open", 17);
  private final Random random = new Random(5);

  /** Convolutions, poolings and a classifier on images {@code [n, 3, h, w]}. */
  static OnnxBuilder images() {
    return new OpenModels().buildImages();
  }

  /** One layer of a transformer on {@code [n, s, 16]} with a mask {@code [n, s]}. */
  static OnnxBuilder text() {
    return new OpenModels().buildText();
  }

  /** Parts of {@code [n, a]} and {@code [n, b]} side by side. */
  static OnnxBuilder parts() {
    return new OpenModels().buildParts();
  }

  /**
   * Images {@code [n, 4, h, w]} enlarged and shrunk in every way, and brought to the size of {@code
   * [n, 1, p, q]}.
   */
  static OnnxBuilder resized() {
    return new OpenModels().buildResized();
  }

  /** What exporters compute of the shape {@code [n, c, 6]}, and parts that go backwards. */
  static OnnxBuilder shapes() {
    return new OpenModels().buildShapes();
  }

  /** What is found in {@code [n, m]}, chosen of it, and which boxes {@code [1, b, 4]} are left. */
  static OnnxBuilder decided() {
    return new OpenModels().buildDecided();
  }

  private OnnxBuilder buildImages() {
    String x = model.input("x", DataType.FLOAT, "n", "3", "h", "w");
    String first =
        model
            .node("Conv", x, weights(8, 3, 3, 3), weights(8))
            .ints("strides", 2, 2)
            .ints("pads", 1, 1, 1, 1)
            .output();
    String relu = model.node("Relu", first).output();
    String pooled =
        model
            .node("MaxPool", relu)
            .ints("kernel_shape", 3, 3)
            .ints("strides", 2, 2)
            .ints("pads", 1, 1, 1, 1)
            .output();
    String deep = model.node("Conv", pooled, weights(20, 8, 1, 1)).output();
    String wide =
        model
            .node("Conv", deep, weights(20, 1, 3, 3))
            .integer("group", 20)
            .ints("pads", 1, 1, 1, 1)
            .output();
    String both = model.node("Add", deep, wide).output();
    String mean = model.node("GlobalAveragePool", both).output();
    String flat = model.node("Flatten", mean).output();
    model.output(
        model.node("Gemm", flat, weights(20, 7), weights(7)).output(), DataType.FLOAT, "n", "7");
    return model.output(both, DataType.FLOAT, "n", "20", "p", "q");
  }

  private OnnxBuilder buildText() {
    String x = model.input("x", DataType.FLOAT, "n", "s", "16");
    String mask = model.input("mask", DataType.FLOAT, "n", "s");
    String shape = model.node("Shape", x).output();
    String batch = model.node("Gather", shape, model.constants(0)).output();
    String length = model.node("Gather", shape, model.constants(1)).output();
    String positions =
        model
            .node(
                "Slice", weights(POSITIONS, WIDTH), model.constants(0), length, model.constants(0))
            .output();
    String placed = model.node("Add", x, positions).output();
    String query = heads(placed, batch, length, 0, 2, 1, 3);
    String key = heads(placed, batch, length, 0, 2, 3, 1);
    String value = heads(placed, batch, length, 0, 2, 1, 3);
    String scores = model.node("MatMul", query, key).output();
    String wide = model.node("Unsqueeze", mask, model.constants(1, 2)).output();
    String masked = model.node("Add", scores, wide).output();
    String weighted =
        model
            .node("MatMul", model.node("Softmax", masked).integer("axis", -1).output(), value)
            .output();
    String together = model.node("Transpose", weighted).ints("perm", 0, 2, 1, 3).output();
    String target =
        model.node("Concat", batch, length, model.constants(WIDTH)).integer("axis", 0).output();
    String attended = model.node("Reshape", together, target).output();
    String sum = model.node("Add", attended, placed).output();
    String normal =
        model
            .node("LayerNormalization", sum, weights(WIDTH), weights(WIDTH))
            .integer("axis", -1)
            .output();
    return model.output(normal, DataType.FLOAT, "n", "s", "16");
  }

  private String heads(String x, String batch, String length, long... order) {
    String product = model.node("MatMul", x, weights(WIDTH, WIDTH)).output();
    String shape =
        model
            .node("Concat", batch, length, model.constants(HEADS), model.constants(WIDTH / HEADS))
            .integer("axis", 0)
            .output();
    String split = model.node("Reshape", product, shape).output();
    return model.node("Transpose", split).ints("perm", order).output();
  }

  private OnnxBuilder buildParts() {
    String a = model.input("a", DataType.FLOAT, "n", "p");
    String b = model.input("b", DataType.FLOAT, "n", "q");
    String joined = model.node("Concat", a, b).integer("axis", 1).output();
    String later =
        model
            .node(
                "Slice",
                joined,
                model.constants(1),
                model.constants(Long.MAX_VALUE),
                model.constants(1),
                model.constants(2))
            .output();
    String sum =
        model.node("ReduceSum", joined, model.constants(1)).integer("keepdims", 1).output();
    model.output(model.node("Sub", later, sum).output(), DataType.FLOAT, "n", "r");
    String column = model.node("Reshape", joined, model.constants(-1, 1)).output();
    return model.output(model.node("Exp", column).output(), DataType.FLOAT, "t", "1");
  }

  private OnnxBuilder buildResized() {
    String x = model.input("x", DataType.FLOAT, "n", "4", "h", "w");
    String like = model.input("like", DataType.FLOAT, "n", "1", "p", "q");
    String transposed =
        model
            .node("ConvTranspose", x, weights(4, 3, 3, 3), weights(3))
            .ints("strides", 2, 3)
            .ints("pads", 1, 0, 0, 1)
            .ints("output_padding", 1, 1)
            .output();
    model.output(transposed, DataType.FLOAT, "n", "3", "t", "u");
    String spread =
        model
            .node("ConvTranspose", x, weights(4, 2, 2, 3))
            .ints("strides", 2, 1)
            .ints("dilations", 2, 1)
            .output();
    model.output(spread, DataType.FLOAT, "n", "2", "s", "r");
    for (String mode : List.of("linear half_pixel", "cubic align_corners", "nearest asymmetric")) {
      for (float scale : new float[] {0.5f, 1.5f, 3}) {
        String scales = model.initializer("s" + mode + scale, new long[] {4}, 1, 1, scale, scale);
        String resized = resize(mode, x, scales);
        model.output(resized, DataType.FLOAT, "n", "4", "a" + resized, "b" + resized);
      }
      String sizes =
          model.node("Concat", sizes(x, 0, 2), sizes(like, 2, 4)).integer("axis", 0).output();
      String brought = resize(mode, x, "", sizes);
      model.output(brought, DataType.FLOAT, "n", "4", "p", "q");
    }
    return model;
  }

  private String resize(String mode, String x, String... sizes) {
    List<String> inputs = new ArrayList<>(List.of(x, ""));
    inputs.addAll(List.of(sizes));
    return model
        .node("Resize", inputs.toArray(String[]::new))
        .string("mode", mode.substring(0, mode.indexOf(' ')))
        .string("coordinate_transformation_mode", mode.substring(mode.indexOf(' ') + 1))
        .output();
  }

  private String sizes(String x, long first, long end) {
    return model
        .node(
            "Slice",
            model.node("Shape", x).output(),
            model.constants(first),
            model.constants(end),
            model.constants(0))
        .output();
  }

  private OnnxBuilder buildDecided() {
    String x = model.input("x", DataType.FLOAT, "n", "m");
    String boxes = model.input("boxes", DataType.FLOAT, "1", "b", "4");
    String scores = model.input("scores", DataType.FLOAT, "1", "2", "b");
    String zero = model.constant(0f);
    String positive = model.node("Relu", x).output();
    String found = model.node("NonZero", positive).output();
    model.output(found, DataType.INT64, "2", "found");
    String rows = model.node("Transpose", found).ints("perm", 1, 0).output();
    String values = model.node("GatherND", positive, rows).output();
    model.output(model.node("Sqrt", values).output(), DataType.FLOAT, "found");
    String mean = model.node("ReduceMean", x).ints("axes", 1).integer("keepdims", 0).output();
    String chosen = model.node("Greater", mean, zero).output();
    String kept = model.node("Compress", x, chosen).integer("axis", 0).output();
    model.output(kept, DataType.FLOAT, "kept", "m");
    List<String> unique =
        model
            .node(
                "Unique",
                model.node("Round", model.node("Mul", x, model.constant(4f)).output()).output())
            .outputs(4);
    model.output(unique.get(0), DataType.FLOAT, "different");
    model.output(unique.get(2), DataType.INT64, "all");
    String left =
        model
            .node(
                "NonMaxSuppression",
                boxes,
                scores,
                model.constants(3),
                model.initializer("overlap", new long[] {1}, 0.2f),
                model.initializer("score", new long[] {1}, 0f))
            .output();
    return model.output(left, DataType.INT64, "left", "3");
  }

  private OnnxBuilder buildShapes() {
    String x = model.input("x", DataType.FLOAT, "n", "c", "6");
    String shape = model.node("Shape", x).output();
    model.output(model.node("Identity", shape).output(), DataType.INT64, "3");
    String narrow = model.node("Cast", shape).integer("to", DataType.INT32.getNumber()).output();
    String batch =
        model
            .node("Slice", narrow, model.constants(0), model.constants(1), model.constants(0))
            .output();
    String wide = model.node("Cast", batch).integer("to", DataType.INT64.getNumber()).output();
    String target = model.node("Concat", wide, model.constants(2, -1)).integer("axis", 0).output();
    model.output(model.node("Reshape", x, target).output(), DataType.FLOAT, "n", "2", "m");
    model.output(backwards(x, -1, -3, 1, -1), DataType.FLOAT, "n", "d", "6");
    model.output(backwards(x, 4, Long.MIN_VALUE + 1, 1, -2), DataType.FLOAT, "n", "e", "6");
    model.output(backwards(x, 100, 0, 0, -1), DataType.FLOAT, "f", "c", "6");
    String sum = model.node("CumSum", x, model.constant(1)).integer("reverse", 1).output();
    return model.output(sum, DataType.FLOAT, "n", "c", "6");
  }

  private String backwards(String x, long from, long to, long axis, long step) {
    return model
        .node(
            "Slice",
            x,
            model.constants(from),
            model.constants(to),
            model.constants(axis),
            model.constants(step))
        .output();
  }

  private String weights(long... dims) {
    int count = 1;
    for (long dim : dims) {
      count *= (int) dim;
    }
    float[] elements = new float[count];
    for (int i = 0; i < count; i++) {
      elements[i] = (random.nextFloat() - 0.5f) / 2;
    }
    return model.initializer("w" + random.nextInt(1 << 30), dims, elements);
  }
}
