package org.jtvmc.compiler.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.compiler.passes.Precision;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.interpret.GraphEvaluator;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a run takes no steps, branches of one shape are computed both. */
class BranchesOnGpusTest {
  private static final CudaTarget GPU = CudaTarget.typical(90);

  @TempDir private Path folder;

  /** A long branch; one with a condition inside; and two results of each. */
  private static OnnxBuilder model(long columns) {
    OnnxBuilder yes = new OnnxBuilder("yes", 17);
    String product = yes.node("MatMul", "x", "w").output();
    String steep = yes.node("Tanh", yes.node("Exp", product).output()).output();
    yes.output(
        yes.node("Sin", yes.node("Add", steep, "x").output()).output(), DataType.FLOAT, 4, 4);
    yes.output(yes.node("Cos", product).output(), DataType.FLOAT, 4, 4);
    OnnxBuilder inner = new OnnxBuilder("inner", 17);
    String turned = inner.node("Transpose", "x").ints("perm", 1, 0).output();
    String sum = inner.node("MatMul", turned, inner.node("Sigmoid", "x").output()).output();
    inner.output(inner.node("Erf", inner.node("Erf", sum).output()).output(), DataType.FLOAT, 4, 4);
    OnnxBuilder other = new OnnxBuilder("other", 17);
    other.output(other.node("Neg", "x").output(), DataType.FLOAT, 4, 4);
    OnnxBuilder no = new OnnxBuilder("no", 17);
    String chosen =
        no.node("If", "d")
            .graph("then_branch", inner.buildGraph())
            .graph("else_branch", other.buildGraph())
            .output();
    no.output(no.node("Sqrt", no.node("Abs", chosen).output()).output(), DataType.FLOAT, 4, 4);
    String part = no.node("Slice", "x", "zero", "end", "one").output();
    no.output(part, DataType.FLOAT, 4, columns);
    OnnxBuilder model = new OnnxBuilder("branches", 17);
    model.input("x", DataType.FLOAT, 4, 4);
    model.input("c", DataType.BOOL, new long[0]);
    model.input("d", DataType.BOOL, new long[0]);
    model.initializer("w", new long[] {4, 4}, weights());
    model.initializer("zero", new long[] {1}, 0L);
    model.initializer("end", new long[] {1}, columns);
    model.initializer("one", new long[] {1}, 1L);
    List<String> results =
        model
            .node("If", "c")
            .graph("then_branch", yes.buildGraph())
            .graph("else_branch", no.buildGraph())
            .outputs(2);
    model.output(model.node("Mul", results.get(0), "x").output(), DataType.FLOAT, 4, 4);
    return model.output(results.get(1), DataType.FLOAT, "4", "columns");
  }

  private static float[] weights() {
    float[] weights = new float[16];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (i % 5 - 2) * 0.25f;
    }
    return weights;
  }

  @Test
  void bothAreComputedAndOneIsChosen() throws OrtException {
    OnnxModel model = OnnxModel.of(Path.of("branches.onnx"), model(4).build());
    IRModule imported = OnnxImporter.standard().load(model, Map.of());
    assertTrue(imported.goesInStages());

    IRModule fused = GraphPipeline.standard(Precision.FP32, GPU).run(imported);

    assertFalse(fused.goesInStages());
    assertEquals(Set.of(IRModule.MAIN), fused.functions().keySet());
    NDArray x = NDArray.allocate(TensorType.of(DType.F32, 4, 4));
    Random random = new Random(4);
    for (long i = 0; i < x.elements(); i++) {
      x.setDouble(i, random.nextFloat() - 0.5);
    }
    for (int choice = 0; choice < 4; choice++) {
      NDArray c = NDArray.scalar(DType.BOOL, choice % 2);
      NDArray d = NDArray.scalar(DType.BOOL, choice / 2);
      List<NDArray> expected = RuntimePeer.run(model.proto(), Map.of("x", x, "c", c, "d", d));
      List<NDArray> actual = GraphEvaluator.outputs(fused, List.of(x, c, d));
      for (int output = 0; output < 2; output++) {
        assertEquals(expected.get(output).type(), actual.get(output).type());
        for (long i = 0; i < 16; i++) {
          assertEquals(expected.get(output).getDouble(i), actual.get(output).getDouble(i), 1e-5);
        }
      }
    }
  }

  @Test
  void codeIsMadeForThem() throws IOException {
    assertTrue(Files.size(compile(4)) > 0);
  }

  @Test
  void branchesOfOtherSizesAreRefused() {
    String message = assertThrows(ModelException.class, () -> compile(3)).getMessage();
    assertTrue(message.contains("only models for CPUs"), message);
  }

  /** On CPUs the native runtime does it. */
  @Test
  void theBestOfManyAreFoundByKernels() throws IOException {
    OnnxBuilder model = new OnnxBuilder("best", 17);
    model.input("x", DataType.FLOAT, 1, 1000);
    List<String> best = model.node("TopK", "x", model.constants(10)).outputs(2);
    model.output(best.get(0), DataType.FLOAT, 1, 10);
    model.output(best.get(1), DataType.INT64, 1, 10);
    assertTrue(Files.size(compile(model)) > 0);
  }

  private Path compile(long columns) throws IOException {
    return compile(model(columns));
  }

  private Path compile(OnnxBuilder model) throws IOException {
    Path file = folder.resolve("branches.onnx");
    model.write(file);
    CompileOptions options = CompileOptions.builder("branches", GPU).build();
    return new ArtifactCompiler(HostCpu.detect().target(), CompileListener.NONE)
        .compile(ModelSource.of(file.toString()), options, folder.resolve("out"))
        .library();
  }
}
