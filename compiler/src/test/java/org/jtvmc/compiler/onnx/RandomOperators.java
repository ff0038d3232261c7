package org.jtvmc.compiler.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jtvmc.ir.type.DType;

/**
 * For each operator, how a random node of it is drawn: attributes, shapes and which inputs are
 * there.
 */
final class RandomOperators {

  private RandomOperators() {}

  static Map<String, Consumer<RandomNode>> all() {
    var all = new LinkedHashMap<String, Consumer<RandomNode>>();
    all.put("Conv", RandomOperators::conv);
    all.put("ConvTranspose", RandomOperators::convTranspose);
    all.put("MaxPool", node -> pool(node, "MaxPool"));
    all.put("AveragePool", node -> pool(node, "AveragePool"));
    all.put("GlobalPool", RandomOperators::globalPool);
    all.put("BatchNormalization", RandomOperators::batchNorm);
    all.put("LayerNormalization", RandomOperators::layerNorm);
    all.put("InstanceNormalization", RandomOperators::instanceNorm);
    all.put("LRN", RandomOperators::lrn);
    all.put("Gemm", RandomOperators::gemm);
    all.put("MatMul", RandomOperators::matmul);
    all.put("Unary", RandomOperators::unary);
    all.put("Activation", RandomOperators::activation);
    all.put("Binary", RandomOperators::binary);
    all.put("Compare", RandomOperators::compare);
    all.put("IntegerBinary", RandomOperators::integerBinary);
    all.put("Where", RandomOperators::where);
    all.put("Clip", RandomOperators::clip);
    all.put("Softmax", RandomOperators::softmax);
    all.put("Reduce", RandomOperators::reduce);
    all.put("ArgExtreme", RandomOperators::argExtreme);
    all.put("CumSum", RandomOperators::cumSum);
    all.putAll(RandomMovements.all());
    return all;
  }

  private static void conv(RandomNode node) {
    int spatial = node.between(1, 3);
    long groups = node.between(1, 3);
    long perGroup = node.between(1, 3);
    long out = groups * node.between(1, 3);
    var kernel = node.numbers(spatial, 1, 3);
    var x = node.data(imageShape(node, groups * perGroup, spatial, 5, 8));
    var w = node.weight(concat(new long[] {out, perGroup}, kernel));
    var conv =
        node.coin()
            ? node.model.node("Conv", x, w)
            : node.model.node("Conv", x, w, node.weight(out));
    conv.integer("group", groups).ints("strides", node.numbers(spatial, 1, 3));
    var padding = node.oneOf("pads", "SAME_UPPER", "SAME_LOWER", "VALID");
    if (padding.equals("pads")) {
      conv.ints("pads", node.numbers(2 * spatial, 0, 2));
      conv.ints("dilations", node.numbers(spatial, 1, 2));
    } else {
      conv.string("auto_pad", padding);
    }
    node.output(conv.output());
  }

  private static void convTranspose(RandomNode node) {
    int spatial = node.between(1, 2);
    long groups = node.between(1, 2);
    long perGroup = node.between(1, 3);
    var strides = node.numbers(spatial, 1, 3);
    var x = node.data(imageShape(node, groups * node.between(1, 2), spatial, 3, 5));
    long in = node.inputs().get(x).type().sizes().get(1);
    var w = node.weight(concat(new long[] {in, perGroup}, node.numbers(spatial, 2, 3)));
    var conv =
        node.coin()
            ? node.model.node("ConvTranspose", x, w)
            : node.model.node("ConvTranspose", x, w, node.weight(groups * perGroup));
    conv.integer("group", groups)
        .ints("strides", strides)
        .ints("pads", node.numbers(2 * spatial, 0, 1))
        .ints("dilations", node.numbers(spatial, 1, 2))
        .ints(
            "output_padding",
            Arrays.stream(strides).map(s -> node.between(0, (int) s - 1)).toArray());
    node.output(conv.output());
  }

  private static void pool(RandomNode node, String operator) {
    int spatial = node.between(1, 3);
    var x = node.data(imageShape(node, node.between(1, 3), spatial, 4, 8));
    var kernel = node.numbers(spatial, 2, 3);
    var pool =
        node.model
            .node(operator, x)
            .ints("kernel_shape", kernel)
            .ints("strides", node.numbers(spatial, 1, 3));
    if (operator.equals("AveragePool")) {
      pool.integer("count_include_pad", node.between(0, 1));
    }
    var padding = node.oneOf("pads", "SAME_UPPER", "SAME_LOWER", "VALID");
    if (padding.equals("pads")) {
      pool.ints("pads", node.numbers(2 * spatial, 0, 1));
      if (operator.equals("MaxPool")) {
        pool.integer("ceil_mode", node.between(0, 1));
      }
    } else {
      pool.string("auto_pad", padding);
    }
    node.output(pool.output());
  }

  private static void globalPool(RandomNode node) {
    var x = node.data(imageShape(node, 3, node.between(1, 3), 1, 5));
    node.output(node.model.node(node.oneOf("GlobalAveragePool", "GlobalMaxPool"), x).output());
  }

  private static void batchNorm(RandomNode node) {
    int rank = node.between(2, 5);
    var shape = node.shape(rank);
    long c = shape[1];
    node.output(
        node.model
            .node(
                "BatchNormalization",
                node.data(shape),
                node.weight(c),
                node.weight(c),
                node.weight(c),
                node.positive(c))
            .real("epsilon", node.oneOf(1e-5f, 0.1f))
            .output());
  }

  private static void layerNorm(RandomNode node) {
    int rank = node.between(1, 4);
    var shape = node.shape(rank);
    int axis = node.axis(rank);
    var normal = Arrays.copyOfRange(shape, axis < 0 ? axis + rank : axis, rank);
    var x = node.data(shape);
    var scale = node.weight(normal);
    var norm =
        node.coin()
            ? node.model.node("LayerNormalization", x, scale)
            : node.model.node("LayerNormalization", x, scale, node.weight(normal));
    // A large epsilon: rows of one element have no variance.
    node.output(norm.integer("axis", axis).real("epsilon", 0.1f).output());
  }

  private static void instanceNorm(RandomNode node) {
    long channels = node.between(1, 3);
    var x = node.data(imageShape(node, channels, node.between(1, 2), 2, 5));
    node.output(
        node.model
            .node("InstanceNormalization", x, node.weight(channels), node.weight(channels))
            .real("epsilon", 0.1f)
            .output());
  }

  private static void lrn(RandomNode node) {
    var x = node.data(imageShape(node, node.between(3, 7), 2, 1, 3));
    node.output(
        node.model
            .node("LRN", x)
            .integer("size", node.oneOf(1, 3, 5))
            .real("alpha", 0.3f)
            .real("beta", 0.6f)
            .real("bias", 1.5f)
            .output());
  }

  private static void gemm(RandomNode node) {
    long m = node.between(1, 5);
    long n = node.between(1, 5);
    long k = node.between(1, 5);
    boolean transA = node.coin();
    boolean transB = node.coin();
    var a = transA ? node.data(k, m) : node.data(m, k);
    var b = transB ? node.weight(n, k) : node.weight(k, n);
    var c =
        node.oneOf(
            new long[] {n}, new long[] {m, n}, new long[] {m, 1}, new long[] {}, new long[] {1, n});
    var gemm =
        node.coin() ? node.model.node("Gemm", a, b) : node.model.node("Gemm", a, b, node.weight(c));
    node.output(
        gemm.integer("transA", transA ? 1 : 0)
            .integer("transB", transB ? 1 : 0)
            .real("alpha", node.oneOf(1f, 0.5f))
            .real("beta", node.oneOf(1f, 2f, 0f))
            .output());
  }

  private static void matmul(RandomNode node) {
    long k = node.between(1, 5);
    var batch = node.shape(node.between(0, 2));
    var left =
        node.coin() ? concat(batch, node.between(1, 4), k) : new long[] {node.between(1, 4), k};
    var right =
        switch (node.between(0, 2)) {
          case 0 -> new long[] {k, node.between(1, 4)};
          case 1 -> concat(batch, k, node.between(1, 4));
          default -> new long[] {k};
        };
    node.output(node.model.node("MatMul", node.data(left), node.data(right)).output());
  }

  private static void unary(RandomNode node) {
    var anywhere =
        List.of(
            "Abs",
            "Neg",
            "Exp",
            "Sigmoid",
            "Tanh",
            "Erf",
            "Floor",
            "Ceil",
            "Round",
            "Sin",
            "Cos",
            "Atan",
            "Sinh",
            "Cosh",
            "Asinh",
            "Softplus",
            "Softsign",
            "Relu",
            "Sign");
    var positive = List.of("Sqrt", "Log", "Reciprocal");
    var withinOne = List.of("Asin", "Acos", "Atanh", "Tan");
    int which = node.between(0, anywhere.size() + positive.size() + withinOne.size() - 1);
    var all = new ArrayList<>(anywhere);
    all.addAll(positive);
    all.addAll(withinOne);
    var shape = node.shape(node.between(0, 4));
    var x =
        which < anywhere.size()
            ? node.data(-4, 4, shape)
            : which < anywhere.size() + positive.size()
                ? node.data(0.1, 4, shape)
                : node.data(-0.9, 0.9, shape);
    node.output(node.model.node(all.get(which), x).output());
  }

  private static void activation(RandomNode node) {
    var x = node.data(-4, 4, node.shape(node.between(1, 4)));
    float alpha = node.oneOf(0.2f, 0.7f, 1.3f);
    var activation =
        switch (node.between(0, 6)) {
          case 0 -> node.model.node("Elu", x).real("alpha", alpha);
          case 1 -> node.model.node("Celu", x).real("alpha", alpha);
          case 2 -> node.model.node("LeakyRelu", x).real("alpha", alpha);
          case 3 -> node.model.node("ThresholdedRelu", x).real("alpha", alpha);
          case 4 -> node.model.node("HardSigmoid", x).real("alpha", alpha).real("beta", 0.4f);
          case 5 -> node.model.node("Selu", x).real("alpha", alpha).real("gamma", 1.2f);
          default -> node.model.node("HardSwish", x);
        };
    node.output(activation.output());
  }

  private static void binary(RandomNode node) {
    var operator =
        node.oneOf("Add", "Sub", "Mul", "Div", "Max", "Min", "Mean", "Sum", "Pow", "PRelu");
    var shape = node.shape(node.between(1, 4));
    var x = operator.equals("Pow") ? node.data(0.1, 3, shape) : node.data(shape);
    var other = broadcastable(node, shape);
    var y = operator.equals("Div") ? node.data(0.5, 2, other) : node.data(other);
    node.output(node.model.node(operator, x, y).output());
  }

  private static void compare(RandomNode node) {
    var shape = node.shape(node.between(1, 3));
    var x = node.integers(DType.I32, 0, 3, shape);
    var y = node.integers(DType.I32, 0, 3, broadcastable(node, shape));
    var operator = node.oneOf("Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual");
    node.output(node.model.node(operator, x, y).output(), DataType.BOOL);
  }

  private static void integerBinary(RandomNode node) {
    var shape = node.shape(node.between(1, 3));
    var x = node.integers(DType.I64, -9, 9, shape);
    var y = node.integers(DType.I64, 1, 5, broadcastable(node, shape));
    var mod = node.oneOf("Div", "Mod", "Fmod", "Add", "Mul");
    var result =
        mod.equals("Fmod")
            ? node.model.node("Mod", x, y).integer("fmod", 1)
            : node.model.node(mod, x, y);
    node.output(result.output(), DataType.INT64);
  }

  private static void where(RandomNode node) {
    var shape = node.shape(node.between(1, 4));
    var condition = node.integers(DType.BOOL, 0, 1, broadcastable(node, shape));
    node.output(
        node.model
            .node("Where", condition, node.data(shape), node.data(broadcastable(node, shape)))
            .output());
  }

  private static void clip(RandomNode node) {
    var x = node.data(node.shape(node.between(1, 3)));
    var low = node.coin() ? node.scalar(-0.5f) : "";
    node.output(
        node.coin()
            ? node.model.node("Clip", x, low, node.scalar(0.7f)).output()
            : node.model.node("Clip", x, low).output());
  }

  private static void softmax(RandomNode node) {
    int rank = node.between(1, 4);
    var x = node.data(-5, 5, node.shape(rank));
    var operator = node.oneOf("Softmax", "LogSoftmax");
    node.output(node.model.node(operator, x).integer("axis", node.axis(rank)).output());
  }

  private static void reduce(RandomNode node) {
    int rank = node.between(1, 4);
    var axes = node.someAxes(rank, node.between(1, rank));
    var operator =
        node.oneOf(
            "ReduceMean",
            "ReduceSum",
            "ReduceMax",
            "ReduceMin",
            "ReduceProd",
            "ReduceL1",
            "ReduceL2",
            "ReduceSumSquare",
            "ReduceLogSumExp");
    var x = node.data(node.shape(rank));
    var reduce =
        operator.equals("ReduceSum")
            ? node.model.node(operator, x, node.constant(axes))
            : node.model.node(operator, x).ints("axes", axes);
    node.output(reduce.integer("keepdims", node.between(0, 1)).output());
  }

  private static void argExtreme(RandomNode node) {
    int rank = node.between(1, 4);
    // Few different values, so that there are ties.
    var x = node.integers(DType.I32, 0, 3, node.shape(rank));
    node.output(
        node.model
            .node(node.oneOf("ArgMax", "ArgMin"), x)
            .integer("axis", node.axis(rank))
            .integer("keepdims", node.between(0, 1))
            .integer("select_last_index", node.between(0, 1))
            .output(),
        DataType.INT64);
  }

  private static void cumSum(RandomNode node) {
    int rank = node.between(1, 3);
    var x = node.data(node.shape(rank));
    var axis = node.model.initializer("axis", new long[] {}, (long) node.axis(rank));
    node.output(
        node.model
            .node("CumSum", x, axis)
            .integer("exclusive", node.between(0, 1))
            .integer("reverse", node.between(0, 1))
            .output());
  }

  private static long[] imageShape(
      RandomNode node, long channels, int spatial, int least, int most) {
    return concat(new long[] {node.between(1, 2), channels}, node.numbers(spatial, least, most));
  }

  /** A shape that broadcasts to the given one. */
  static long[] broadcastable(RandomNode node, long[] shape) {
    int rank = node.between(0, shape.length);
    var own = Arrays.copyOfRange(shape, shape.length - rank, shape.length);
    return Arrays.stream(own).map(size -> node.coin() ? size : 1).toArray();
  }

  static long[] concat(long[] first, long... second) {
    var all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }
}
