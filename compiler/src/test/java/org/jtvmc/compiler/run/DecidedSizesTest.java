package org.jtvmc.compiler.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.codegen.load.LoadedLibrary;
import org.jtvmc.codegen.load.ModelContext;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.onnx.OnnxBuilder;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Libraries whose outputs have sizes that a run decides. */
class DecidedSizesTest {

  private static final int ELEMENTS = 20;

  @TempDir Path folder;

  /** The elements that are not zero: found, turned around, read, all by their positions. */
  private Path nonZeros() throws IOException {
    var builder = new OnnxBuilder("nonzeros", 17);
    builder.input("x", DataType.FLOAT, 4, 5);
    String found = builder.node("NonZero", "x").output();
    String rows = builder.node("Transpose", found).output("positions");
    builder.node("Neg", builder.node("GatherND", "x", rows).output()).output("values");
    builder.output("positions", DataType.INT64, "n", "2");
    builder.output("values", DataType.FLOAT, "n");
    return library(builder, "nonzeros");
  }

  private Path library(OnnxBuilder builder, String name) throws IOException {
    Path model = folder.resolve(name + ".onnx");
    builder.write(model);
    CpuTarget host = HostCpu.detect().target();
    CompileOptions options = CompileOptions.builder(name, host).build();
    Path library = folder.resolve("lib" + name + ".so");
    new ArtifactCompiler(host, CompileListener.NONE)
        .compile(ModelSource.of(model.toString()), options, library);
    return library;
  }

  @Test
  void aLibrarySaysHowMuchThereCanBe() throws IOException {
    try (var library = new LoadedLibrary(nonZeros(), "nonzeros", 1, Optional.empty())) {
      TensorInfo positions = library.outputs().getFirst();

      assertEquals(TensorType.of(DType.I64, 2L * ELEMENTS), positions.type());
      assertEquals(2, positions.decided().orElseThrow().rank());
      assertTrue(library.inputs().getFirst().decided().isEmpty());
    }
  }

  @Test
  void threadsThatShareAModelDecideEachForItself()
      throws IOException, InterruptedException, ExecutionException {
    try (var library = new LoadedLibrary(nonZeros(), "nonzeros", 2, Optional.empty());
        var threads = Executors.newFixedThreadPool(4)) {
      List<Future<Void>> runs = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        Random random = new Random(thread);
        runs.add(
            threads.submit(
                () -> {
                  try (ModelContext context = library.newContext()) {
                    for (int run = 0; run < 50; run++) {
                      check(context, random);
                    }
                  }
                  return null;
                }));
      }
      for (Future<Void> run : runs) {
        run.get();
      }
    }
  }

  private static void check(ModelContext context, Random random) {
    NDArray x = NDArray.allocate(TensorType.of(DType.F32, 4, 5));
    List<Long> expected = new ArrayList<>();
    for (long i = 0; i < ELEMENTS; i++) {
      if (random.nextInt(3) == 0) {
        x.setDouble(i, i + 1);
        expected.add(i);
      }
    }
    NDArray positions = NDArray.allocate(TensorType.of(DType.I64, 2L * ELEMENTS));
    NDArray values = NDArray.allocate(TensorType.of(DType.F32, ELEMENTS));
    context.run(List.of(x.data(), positions.data(), values.data()));
    long count = expected.size();
    assertEquals(List.of(count, 2L), context.sizes(0));
    assertEquals(List.of(count), context.sizes(1));
    for (int i = 0; i < count; i++) {
      assertEquals(expected.get(i) / 5, positions.getLong(2L * i));
      assertEquals(expected.get(i) % 5, positions.getLong(2L * i + 1));
      assertEquals(-1 - expected.get(i), values.getLong(i));
    }
  }

  @Test
  void aShapeThatDoesNotFitIsRefusedInASentence() throws IOException {
    var builder = new OnnxBuilder("reshaped", 17);
    builder.input("x", DataType.FLOAT, 2, 3);
    builder.input("shape", DataType.INT64, 2);
    builder.node("Reshape", "x", "shape").output("y");
    builder.output("y", DataType.FLOAT, "a", "b");
    try (var library =
            new LoadedLibrary(library(builder, "reshaped"), "reshaped", 1, Optional.empty());
        ModelContext context = library.newContext()) {
      NDArray x = NDArray.allocate(TensorType.of(DType.F32, 2, 3));
      NDArray y = NDArray.allocate(TensorType.of(DType.F32, 6));
      NDArray fits = NDArray.ofLongs(List.of(3L, -1L));
      context.run(List.of(x.data(), fits.data(), y.data()));
      assertEquals(List.of(3L, 2L), context.sizes(0));

      NDArray large = NDArray.ofLongs(List.of(3L, 1L << 62));
      var fault =
          assertThrows(
              CodegenException.class, () -> context.run(List.of(x.data(), large.data(), y.data())));
      assertTrue(fault.getMessage().contains("cannot take"), fault.getMessage());
      NDArray few = NDArray.ofLongs(List.of(2L, 2L));
      assertThrows(
          CodegenException.class, () -> context.run(List.of(x.data(), few.data(), y.data())));
    }
  }
}
