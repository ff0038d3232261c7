package org.jtvmc.tests.shapes;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
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
