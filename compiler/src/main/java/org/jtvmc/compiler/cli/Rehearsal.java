package org.jtvmc.compiler.cli;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import org.jtvmc.compiler.onnx.OnnxBuilder;
import org.jtvmc.ir.file.TemporaryFolder;

/**
 * What usual runs of the program do, once: the launcher records which classes that takes, so that
 * later starts find them loaded and linked. Of a start's time, reading a model that is refused had
 * taken more than the rest together.
 */
public final class Rehearsal {

  private static final int OPSET = 17;

  private Rehearsal() {}

  /** Asks for help, compiles a small model, and has another refused. */
  public static void main(String[] arguments) throws IOException {
    try (TemporaryFolder folder = TemporaryFolder.create()) {
      run("--help");
      Path small = folder.resolve("small.onnx");
      small().write(small);
      run("compile", small.toString(), "-o", folder.resolve("libsmall.so").toString());
      Path wrong = folder.resolve("wrong.onnx");
      wrong().write(wrong);
      run("compile", wrong.toString(), "-o", folder.resolve("libwrong.so").toString());
    }
  }

  /** What is printed is of no use to anybody, nor is the exit code. */
  private static void run(String... arguments) {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    Main.run(nowhere, nowhere, arguments);
  }

  private static OnnxBuilder small() {
    OnnxBuilder model = new OnnxBuilder("small", OPSET);
    String x = model.input("x", DataType.FLOAT, 1, 1, 4, 4);
    String kernel = model.initializer("k", new long[] {1, 1, 1, 1}, 2f);
    String convolved = model.node("Relu", model.node("Conv", x, kernel).output()).output();
    String rows = model.node("Reshape", convolved, model.constants(4, 4)).output();
    String product = model.node("MatMul", rows, rows).output();
    String y = model.node("Softmax", model.node("Add", product, rows).output()).output();
    return model.output(y, DataType.FLOAT, 4, 4);
  }

  private static OnnxBuilder wrong() {
    OnnxBuilder model = new OnnxBuilder("wrong", OPSET);
    String x = model.input("x", DataType.FLOAT, 2, 3);
    return model.output(model.node("MatMul", x, x).output(), DataType.FLOAT, 2, 3);
  }
}
