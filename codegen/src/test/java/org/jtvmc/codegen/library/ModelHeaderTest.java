package org.jtvmc.codegen.library;

import static org.jtvmc.codegen.CCompiler.PROGRAMS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jtvmc.codegen.CCompiler;
import org.jtvmc.codegen.TestKernels;
import org.jtvmc.codegen.link.LlvmTools;
import org.jtvmc.codegen.runtime.RuntimePart;
import org.jtvmc.codegen.runtime.RuntimeResources;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What C programs see of a model library. */
class ModelHeaderTest {

  @TempDir Path folder;

  @Test
  void aCProgramUsesTheModel() throws IOException {
    writeModel();
    var program = folder.resolve("program");
    CCompiler.build(
        program,
        List.of(PROGRAMS.resolve("model_user.c"), folder.resolve("libmodel.so")),
        "-I" + folder,
        "-Wl,-rpath," + folder);
    CCompiler.assertRuns(program);
  }

  @Test
  void unloadingALibraryEndsItsThreads() throws IOException {
    writeModel();
    var program = folder.resolve("program");
    CCompiler.build(program, List.of(PROGRAMS.resolve("model_unload.c")), "-I" + folder, "-ldl");
    CCompiler.assertRuns(program, folder.resolve("libmodel.so").toString());
  }

  @Test
  void namesOfTensorsBecomeDistinctIdentifiers() {
    var scalar = TensorType.of(DType.I64);
    var model =
        new ModelDescription(
            "m",
            "llvm",
            new TreeSet<>(),
            List.of(
                new TensorInfo("input.1", scalar, 8),
                new TensorInfo("input/1", scalar, 8),
                new TensorInfo("1", scalar, 8),
                new TensorInfo("int", scalar, 8)),
            List.of(new TensorInfo("", scalar, 8)),
            0,
            new WeightStorage.None(),
            false,
            List.of());
    var fields =
        ModelHeader.text(model)
            .lines()
            .filter(line -> line.startsWith("  DLTensor"))
            .map(line -> line.strip().split("[ ;]")[1])
            .toList();
    assertEquals(List.of("input_1", "input_1_2", "t_1", "t_int", "t_"), fields);
  }

  @ParameterizedTest
  @ValueSource(strings = {"thread", "address,undefined"})
  void theInterfaceStandsUpToTheSanitizers(String sanitizer) throws IOException {
    writeModel();
    var program = folder.resolve("program");
    var sources =
        RuntimePart.LIBRARY.sources().stream().map(name -> CCompiler.RUNTIME.resolve(name + ".c"));
    var flags =
        Stream.of("describe", "error", "open", "close", "context_create", "context_destroy", "run")
            .map(name -> "-Wl,--defsym=model_%s=jtvmc_%s".formatted(name, name));
    CCompiler.build(
        program,
        Stream.concat(
                Stream.of(PROGRAMS.resolve("model_user.c"), PROGRAMS.resolve("model_in_c.c")),
                sources)
            .toList(),
        Stream.concat(
                Stream.of(
                    "-I" + folder, "-fsanitize=" + sanitizer, "-fno-sanitize-recover=undefined"),
                flags)
            .toArray(String[]::new));
    if (sanitizer.equals("thread")) {
      // It does not support threads in the child of a fork.
      CCompiler.assertRuns(program, "no-fork");
    } else {
      CCompiler.assertRuns(program);
    }
  }

  @Test
  void theHeaderIsAlsoCpp() throws IOException {
    writeModel();
    var source = Files.writeString(folder.resolve("main.cc"), "#include \"model.h\"\n");
    assertIsCpp(source);
  }

  /** The tensors of the one are the GPU's; the other has no such run. */
  @Test
  void onlyAModelForGpusRunsOnACallersStream() throws IOException {
    var gpu = describe("gpu", true);
    Files.writeString(folder.resolve("gpu.h"), ModelHeader.text(gpu));
    Files.writeString(folder.resolve("jtvmc.h"), RuntimeResources.header("jtvmc.h"));
    var source =
        Files.writeString(
            folder.resolve("main.cc"),
            """
            #include "gpu.h"
            int32_t enqueue(jtvmc_context* context, float* x, float* y, void* stream) {
              gpu_tensors tensors = {jtvmc_tensor(&gpu_describe()->tensors[0], x),
                                     jtvmc_tensor(&gpu_describe()->tensors[1], y)};
              tensors.x.device = DLDevice{kDLCUDA, 0};
              tensors.y.device = DLDevice{kDLCUDA, 0};
              return gpu_run_on_stream(context, &tensors, stream);
            }
            """);
    assertIsCpp(source);
    assertFalse(ModelHeader.text(describe("cpu", false)).contains("cpu_run_on_stream"));
  }

  private static void assertIsCpp(Path source) {
    LlvmTools.open()
        .clang(
            List.of(
                "-fsyntax-only",
                "-ffreestanding",
                "-nostdlibinc",
                "-Wall",
                "-Wextra",
                "-Werror",
                source.toString()));
  }

  private static ModelDescription describe(String name, boolean onDevice) {
    var vector = TensorType.of(DType.F32, 4);
    return new ModelDescription(
        name,
        onDevice ? "cuda -arch=sm_90" : "llvm",
        new TreeSet<>(),
        List.of(new TensorInfo("x", vector, 16)),
        List.of(new TensorInfo("y", vector, 16)),
        0,
        new WeightStorage.None(),
        onDevice,
        List.of());
  }

  private void writeModel() throws IOException {
    var weights = new byte[4 * ModelLibraryTest.N];
    var floats = ByteBuffer.wrap(weights).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < ModelLibraryTest.N; i++) {
      floats.putFloat(1000 * i);
    }
    var storage = new WeightStorage.Embedded(Files.write(folder.resolve("weights"), weights));
    var model = ModelLibraryTest.describe("model", ModelLibraryTest.host(), storage);
    ModelLibrary.write(
        model,
        List.of(TestKernels.compile(TestKernels.add("add", ModelLibraryTest.N))),
        folder.resolve("libmodel.so"));
    Files.writeString(folder.resolve("model.h"), ModelHeader.text(model));
    Files.writeString(folder.resolve("jtvmc.h"), RuntimeResources.header("jtvmc.h"));
  }
}
