package org.jtvmc.compiler.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.artifact.Artifact;
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

/** What is drawn has the distribution that it must have; with a seed it is the same everywhere. */
class RandomNumbersTest {
  private static final long COUNT = 40_000;

  @TempDir private Path folder;

  private Artifact compile(OnnxBuilder model) throws IOException {
    Path file = folder.resolve("model.onnx");
    model.write(file);
    CpuTarget host = HostCpu.detect().target();
    CompileOptions options =
        CompileOptions.builder("model", host).parts(Set.of(CompileOptions.Part.LIB)).build();
    return new ArtifactCompiler(host, CompileListener.NONE)
        .compile(ModelSource.of(file.toString()), options, folder.resolve("libmodel.so"));
  }

  private static double mean(NDArray values) {
    return LongStream.range(0, values.elements())
        .mapToDouble(values::getDouble)
        .average()
        .orElseThrow();
  }

  private static double deviation(NDArray values) {
    double mean = mean(values);
    double squares =
        LongStream.range(0, values.elements())
            .mapToDouble(i -> Math.pow(values.getDouble(i) - mean, 2))
            .average()
            .orElseThrow();
    return Math.sqrt(squares);
  }

  private static boolean isWithin(NDArray values, double low, double high) {
    return LongStream.range(0, values.elements())
        .mapToDouble(values::getDouble)
        .allMatch(value -> low < value && value < high);
  }

  /** The bounds are five standard errors of what is expected; seeds make the draws the same. */
  @Test
  void numbersAreDrawnByTheirDistributions() throws IOException {
    OnnxBuilder model = new OnnxBuilder("drawn", 17);
    model.input("p", DataType.FLOAT, COUNT);
    model.input("logits", DataType.FLOAT, 1, 3);
    String even =
        model
            .node("RandomUniform")
            .ints("shape", 2, COUNT / 2)
            .real("low", -1)
            .real("high", 3)
            .real("seed", 1)
            .output();
    model.output(even, DataType.FLOAT, 2, COUNT / 2);
    String normal =
        model
            .node("RandomNormalLike", "p")
            .real("mean", 2)
            .real("scale", 0.5f)
            .real("seed", 2)
            .output();
    model.output(normal, DataType.FLOAT, COUNT);
    model.output(model.node("Bernoulli", "p").real("seed", 3).output(), DataType.FLOAT, COUNT);
    String classes =
        model.node("Multinomial", "logits").integer("sample_size", COUNT).real("seed", 4).output();
    model.output(classes, DataType.INT32, 1, COUNT);
    NDArray p = NDArray.allocate(TensorType.of(DType.F32, COUNT));
    LongStream.range(0, COUNT).forEach(i -> p.setDouble(i, 0.25));
    NDArray logits = NDArray.allocate(TensorType.of(DType.F32, 1, 3));
    for (int i = 0; i < 3; i++) {
      logits.setDouble(i, Math.log(i + 1.0) + 5);
    }
    Artifact artifact = compile(model);
    try (ModelRunner runner = artifact.load(1);
        ModelRunner other = artifact.load(2)) {
      List<NDArray> first = runner.run(List.of(p, logits));
      double root = Math.sqrt(COUNT);

      assertTrue(isWithin(first.get(0), -1, 3));
      assertEquals(1, mean(first.get(0)), 5 * 4 / Math.sqrt(12) / root);
      assertEquals(4 / Math.sqrt(12), deviation(first.get(0)), 0.03);
      assertEquals(2, mean(first.get(1)), 5 * 0.5 / root);
      assertEquals(0.5, deviation(first.get(1)), 0.01);
      assertEquals(0.25, mean(first.get(2)), 5 * Math.sqrt(0.1875) / root);
      for (int i = 0; i < 3; i++) {
        int wanted = i;
        double share =
            LongStream.range(0, COUNT).filter(at -> first.get(3).getLong(at) == wanted).count()
                / (double) COUNT;
        assertEquals((i + 1) / 6.0, share, 5 * 0.5 / root);
      }
      List<NDArray> again = other.run(List.of(p, logits));
      for (int output = 0; output < first.size(); output++) {
        assertEquals(-1, first.get(output).data().mismatch(again.get(output).data()));
      }
      NDArray later = runner.run(List.of(p, logits)).getFirst();
      assertNotEquals(-1, first.getFirst().data().mismatch(later.data()));
    }
  }

  @Test
  void withoutASeedEveryContextDrawsItsOwn() throws IOException {
    OnnxBuilder model = new OnnxBuilder("unseeded", 17);
    model.output(model.node("RandomNormal").ints("shape", 9).output(), DataType.FLOAT, 9);
    model.output(model.node("RandomNormal").ints("shape", 9).output(), DataType.FLOAT, 9);
    Artifact artifact = compile(model);
    try (ModelRunner one = artifact.load(1);
        ModelRunner other = artifact.load(1)) {
      List<NDArray> first = one.run(List.of());
      List<NDArray> second = other.run(List.of());
      assertNotEquals(-1, first.getFirst().data().mismatch(second.getFirst().data()));
      assertNotEquals(-1, first.getFirst().data().mismatch(first.getLast().data()));
    }
  }

  @Test
  void aDropoutTrainsWhereTheRunSaysSo() throws IOException {
    OnnxBuilder model = new OnnxBuilder("dropout", 17);
    model.input("x", DataType.FLOAT, COUNT);
    model.input("ratio", DataType.FLOAT, new long[0]);
    model.input("training", DataType.BOOL, new long[0]);
    List<String> results =
        model.node("Dropout", "x", "ratio", "training").integer("seed", 1).outputs(2);
    model.output(results.get(0), DataType.FLOAT, COUNT);
    model.output(results.get(1), DataType.BOOL, COUNT);
    NDArray x = NDArray.allocate(TensorType.of(DType.F32, COUNT));
    LongStream.range(0, COUNT).forEach(i -> x.setDouble(i, i + 1));
    try (ModelRunner runner = compile(model).load(1)) {
      for (double ratio : new double[] {0.75, 0}) {
        for (int training = 0; training < 2; training++) {
          double dropped = training == 0 ? 0 : ratio;
          List<NDArray> drawn =
              runner.run(
                  List.of(
                      x, NDArray.scalar(DType.F32, ratio), NDArray.scalar(DType.BOOL, training)));
          assertEquals(1 - dropped, mean(drawn.get(1)), dropped == 0 ? 0 : 0.015);
          for (long i = 0; i < COUNT; i++) {
            double kept = drawn.get(1).getDouble(i) * (i + 1) / (1 - dropped);
            assertEquals(kept, drawn.get(0).getDouble(i));
          }
        }
      }
    }
  }
}
