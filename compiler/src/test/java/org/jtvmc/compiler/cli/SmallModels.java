package org.jtvmc.compiler.cli;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.jtvmc.compiler.onnx.OnnxBuilder;

/** Models of a few nodes, written to files. */
final class SmallModels {

  private SmallModels() {}

  /** A convolution with what usually follows it, and a classifier. */
  static Path convolution(Path folder) throws IOException {
    var b = new OnnxBuilder("convolution", 17);
    b.input("x", DataType.FLOAT, 1, 3, 18, 18);
    b.initializer("w", new long[] {8, 3, 3, 3}, random(216));
    b.initializer("bias", new long[] {8}, random(8));
    var conv = b.node("Conv", "x", "w", "bias").ints("pads", 1, 1, 1, 1).output();
    var relu = b.node("Relu", conv).output();
    var pool = b.node("MaxPool", relu).ints("kernel_shape", 2, 2).ints("strides", 2, 2).output();
    var flat = b.node("Flatten", b.node("GlobalAveragePool", pool).output()).output();
    b.initializer("v", new long[] {8, 5}, random(40));
    b.node("Softmax", b.node("MatMul", flat, "v").output()).output("y");
    b.output("y", DataType.FLOAT, 1, 5);
    return written(b, folder.resolve("convolution.onnx"));
  }

  /** Rows looked up by number and masked, with two results and an open batch size. */
  static Path embedding(Path folder) throws IOException {
    var b = new OnnxBuilder("embedding", 17);
    b.input("ids", DataType.INT64, "batch", "7");
    b.input("mask", DataType.INT64, "batch", "7");
    b.initializer("table", new long[] {19, 16}, random(304));
    var rows = b.node("Gather", "table", "ids").output();
    var cast = b.node("Cast", "mask").integer("to", DataType.FLOAT_VALUE).output();
    var column = b.node("Unsqueeze", cast, b.constants(-1L)).output();
    b.node("Mul", rows, column).output("rows");
    b.node("ReduceMean", "rows").ints("axes", 1).integer("keepdims", 0).output("mean");
    b.output("rows", DataType.FLOAT, "batch", "7", "16");
    b.output("mean", DataType.FLOAT, "batch", "16");
    return written(b, folder.resolve("embedding.onnx"));
  }

  /** A Fourier transform along an axis that is an input. */
  static Path transform(Path folder) throws IOException {
    var b = new OnnxBuilder("transform", 20);
    b.input("x", DataType.FLOAT, 2, 4, 6, 1);
    b.input("axis", DataType.INT64, new long[0]);
    b.node("DFT", "x", "", "axis").output("y");
    b.output("y", DataType.FLOAT, 2, 4, 6, 2);
    return written(b, folder.resolve("transform.onnx"));
  }

  /** Has two operators that nobody knows. */
  static Path unknown(Path folder) throws IOException {
    var b = new OnnxBuilder("unknown", 17);
    b.input("x", DataType.FLOAT, 2, 2);
    var a = b.node("Frobnicate", "x").named("first").output();
    b.node("Zap", a).named("second").output("y");
    b.output("y", DataType.FLOAT, 2, 2);
    return written(b, folder.resolve("unknown.onnx"));
  }

  /** Matches texts with a regular expression. */
  static Path pattern(Path folder, String pattern) throws IOException {
    var b = new OnnxBuilder("pattern", 20);
    b.input("x", DataType.STRING, 3);
    b.node("RegexFullMatch", "x").string("pattern", pattern).output("y");
    b.output("y", DataType.BOOL, 3);
    return written(b, folder.resolve("pattern.onnx"));
  }

  /** Claims to work on more elements than there are bytes on Earth. */
  static Path huge(Path folder) throws IOException {
    var b = new OnnxBuilder("huge", 17);
    b.input("x", DataType.FLOAT, 1L << 60, 1L << 30);
    b.node("Relu", "x").output("y");
    b.output("y", DataType.FLOAT, 1L << 60, 1L << 30);
    return written(b, folder.resolve("huge.onnx"));
  }

  private static Path written(OnnxBuilder builder, Path file) throws IOException {
    builder.write(file);
    return file;
  }

  private static float[] random(int count) {
    var random = new Random(count);
    var values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }
}
