package org.jtvmc.tests.operators;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.onnx.OnnxBuilder;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attention whose queries and values are one product, compiled, against ONNX Runtime. */
class MergedProductsTest {

  private static final int ROWS = 21;
  private static final int HEADS = 3;
  private static final int HEAD = 12;
  private static final int WIDTH = HEADS * HEAD;

  private final Random random = new Random(3);

  @TempDir Path folder;

  @Test
  void attentionReadsPartsOfOneProduct() throws IOException, OrtException {
    OnnxBuilder builder = new OnnxBuilder("attention", 17);
    builder.input("x", DataType.FLOAT, 1, ROWS, WIDTH);
    String scores =
        builder
            .node("MatMul", heads(builder, "q", 0, 2, 1, 3), heads(builder, "k", 0, 2, 3, 1))
            .output();
    String weights = builder.node("Softmax", scores).integer("axis", -1).output();
    builder.node("MatMul", weights, heads(builder, "v", 0, 2, 1, 3)).output("y");
    builder.output("y", DataType.FLOAT, 1, HEADS, ROWS, HEAD);
    Path file = folder.resolve("attention.onnx");
    builder.write(file);
    NDArray x = NDArray.ofFloats(TensorType.of(DType.F32, 1, ROWS, WIDTH), floats(ROWS * WIDTH));
    List<NDArray> expected = OnnxRuntimeReference.run(builder.build(), Map.of("x", x));

    CpuTarget host = HostCpu.detect().target();
    CompileOptions options = CompileOptions.builder("attention", host).build();
    Artifact artifact =
        new ArtifactCompiler(host, CompileListener.NONE)
            .compile(ModelSource.of(file.toString()), options, folder.resolve("out"));
    List<String> kernels = artifact.manifest().kernels().stream().map(k -> k.name()).toList();
    assertTrue(kernels.size() == 3, kernels.toString());
    try (ModelRunner runner = artifact.load(2)) {
      Closeness.assertAllClose(expected, runner.run(List.of(x)), "merged attention");
    }
  }

  /** The heads of one product: rows of {@code x} by weights, with a bias, split and moved. */
  private String heads(OnnxBuilder builder, String name, long... order) {
    String weight =
        builder.initializer(name + "w", new long[] {WIDTH, WIDTH}, floats(WIDTH * WIDTH));
    String bias = builder.initializer(name + "b", new long[] {WIDTH}, floats(WIDTH));
    String sum = builder.node("Add", builder.node("MatMul", "x", weight).output(), bias).output();
    String split = builder.node("Reshape", sum, builder.constants(1, ROWS, HEADS, HEAD)).output();
    return builder.node("Transpose", split).ints("perm", order).output();
  }

  private float[] floats(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian() / 4;
    }
    return values;
  }
}
