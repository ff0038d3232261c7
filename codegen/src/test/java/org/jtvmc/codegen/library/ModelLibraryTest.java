package org.jtvmc.codegen.library;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.TestKernels;
import org.jtvmc.codegen.link.LlvmTools;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.codegen.load.LoadedLibrary;
import org.jtvmc.codegen.load.UnsupportedCpuException;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model that computes sum = (x + y) + weights, with x + y in the workspace. */
class ModelLibraryTest {

  static final int N = 1000;

  @TempDir Path folder;

  @Test
  void aLibraryRunsWithEmbeddedAndExternalWeights() throws IOException {
    for (var weights : List.of(embedded(), external())) {
      var library = write(describe("model", host(), weights));
      try (var loaded = new LoadedLibrary(library, "model", 2, Optional.empty());
          var context = loaded.newContext();
          var arena = Arena.ofConfined()) {
        assertEquals("llvm -mcpu=test", loaded.target());
        assertEquals(describe("model", host(), weights).inputs(), loaded.inputs());
        assertEquals(describe("model", host(), weights).outputs(), loaded.outputs());
        var data = data(arena);
        context.run(data);
        assertArrayEquals(expected(), data.getLast().toArray(JAVA_FLOAT));
      }
    }
  }

  @Test
  void threadsShareAModelWithAContextEach() throws Exception {
    var library = write(describe("model", host(), embedded()));
    try (var loaded = new LoadedLibrary(library, "model", 3, Optional.empty());
        var executor = Executors.newFixedThreadPool(4)) {
      Callable<Void> job =
          () -> {
            try (var context = loaded.newContext();
                var arena = Arena.ofConfined()) {
              var data = data(arena);
              for (int i = 0; i < 200; i++) {
                data.getLast().fill((byte) 0);
                context.run(data);
                assertArrayEquals(expected(), data.getLast().toArray(JAVA_FLOAT));
              }
              return null;
            }
          };
      for (var result : executor.invokeAll(List.of(job, job, job, job, job, job))) {
        result.get();
      }
    }
  }

  @Test
  void twoModelsLiveInOneProcess() throws IOException {
    var first = write(describe("first", host(), embedded()));
    var second = write(describe("second", host(), external()));
    try (var a = new LoadedLibrary(first, "first", 2, Optional.empty());
        var b = new LoadedLibrary(second, "second", 2, Optional.empty());
        var arena = Arena.ofConfined();
        var contextA = a.newContext();
        var contextB = b.newContext()) {
      var data = data(arena);
      contextA.run(data);
      contextB.run(data);
      assertArrayEquals(expected(), data.getLast().toArray(JAVA_FLOAT));
    }
  }

  @Test
  void aFailingKernelIsASentence() throws IOException {
    var model =
        new ModelDescription(
            "failing",
            "llvm",
            host(),
            List.of(),
            List.of(),
            0,
            new WeightStorage.None(),
            false,
            List.of(new KernelCall("fail", List.of())));
    var library = folder.resolve("libfailing.so");
    ModelLibrary.write(
        model, List.of(TestKernels.compile(TestKernels.returning("fail", 5))), library);
    try (var loaded = new LoadedLibrary(library, "failing", 1, Optional.empty());
        var context = loaded.newContext()) {
      var error = assertThrows(CodegenException.class, () -> context.run(List.of()));
      assertEquals("model \"failing\": a kernel failed with code 5", error.getMessage());
    }
  }

  @Test
  void aCpuWithoutAFeatureIsToldSo() throws IOException {
    var features = new TreeSet<>(host());
    features.add("avx1024warp");
    features.add("some-system-instruction");
    var library = write(describe("model", features, embedded()));
    var error =
        assertThrows(
            UnsupportedCpuException.class,
            () -> new LoadedLibrary(library, "model", 1, Optional.empty()));
    assertEquals(
        "model \"model\" is compiled for \"llvm -mcpu=test\"; this CPU does not offer avx1024warp",
        error.getMessage());
  }

  /** Compiled for more than this machine has: what no instruction uses need not be here. */
  @Test
  void onlyFeaturesThatInstructionsUseAreDemanded() throws IOException {
    var instructions =
        Map.of("sse4a", "movntss %xmm0, (%rdi)", "amx-complex", "tcmmimfp16ps %tmm1, %tmm2, %tmm3");
    var missing = new TreeSet<>(instructions.keySet());
    missing.removeAll(host());
    var features = new TreeSet<>(host());
    features.addAll(missing);
    var model = describe("model", features, embedded());
    open(write(model), Optional.empty());

    var kernel =
        "module asm \"%s\"\n%s"
            .formatted(instructions.get(missing.first()), TestKernels.add("add", N));
    var library = folder.resolve("libusing.so");
    ModelLibrary.write(model, List.of(TestKernels.compile(kernel)), library);
    var error = assertThrows(UnsupportedCpuException.class, () -> open(library, Optional.empty()));
    assertTrue(
        error.getMessage().endsWith("does not offer " + missing.first()), error.getMessage());
  }

  @Test
  void aMissingOrShortWeightsFileIsToldSo() throws IOException {
    var library = write(describe("model", host(), external()));
    var weights = folder.resolve("model.weights");
    Files.write(weights, new byte[12]);
    var error = assertThrows(CodegenException.class, () -> open(library, Optional.empty()));
    assertEquals(
        "the weights file \"%s\" has 12 bytes where model \"model\" expects %d"
            .formatted(weights, 4 * N),
        error.getMessage());
    Files.delete(weights);
    error = assertThrows(CodegenException.class, () -> open(library, Optional.empty()));
    assertTrue(error.getMessage().startsWith("cannot open the weights file"), error.getMessage());
    var elsewhere = Files.write(folder.resolve("elsewhere"), weightBytes());
    open(library, Optional.of(elsewhere));
  }

  private static void open(Path library, Optional<Path> weights) {
    new LoadedLibrary(library, "model", 1, weights).close();
  }

  @Test
  void tensorsMustFit() throws IOException {
    var library = write(describe("model", host(), embedded()));
    try (var loaded = new LoadedLibrary(library, "model", 1, Optional.empty());
        var context = loaded.newContext();
        var arena = Arena.ofConfined()) {
      var data = data(arena);
      assertThrows(IllegalArgumentException.class, () -> context.run(data.subList(0, 2)));
      var overlapping = List.of(data.get(0), data.get(1), data.get(1));
      var error = assertThrows(CodegenException.class, () -> context.run(overlapping));
      assertEquals("tensors \"y\" and \"sum\" overlap", error.getMessage());
      var unaligned = arena.allocate(4 * N + 8).asSlice(2, 4 * N);
      var wrong = List.of(unaligned, data.get(1), data.get(2));
      error = assertThrows(CodegenException.class, () -> context.run(wrong));
      assertEquals("tensor \"x\": the data are not aligned to 4 bytes", error.getMessage());
    }
  }

  @Test
  void aKernelThatNeedsMoreThanLibcDoesNotLink() throws IOException {
    var ir =
        "declare i32 @stray()\n"
            + "define i32 @add(ptr %b, ptr %p) { %s = call i32 @stray() ret i32 %s }";
    var model = describe("model", host(), embedded());
    var error =
        assertThrows(
            CodegenException.class,
            () ->
                ModelLibrary.write(
                    model, List.of(TestKernels.compile(ir)), folder.resolve("libmodel.so")));
    assertTrue(error.getMessage().contains("undefined symbol: stray"), error.getMessage());
    assertFalse(Files.exists(folder.resolve("libmodel.so")));
  }

  @Test
  void theSameInputGivesTheSameBytes() throws IOException {
    var model = describe("model", host(), embedded());
    var first = Files.readAllBytes(write(model));
    var second = Files.readAllBytes(write(model));
    assertArrayEquals(first, second);
  }

  @Test
  void aLibraryNeedsOnlyLibcAndShowsOnlyItsInterface() throws IOException {
    var library = write(describe("model", host(), embedded()));
    var tools = LlvmTools.open();
    var headers =
        tools.run(
            "llvm-readobj",
            List.of("--elf-output-style=GNU", "-d", "-l", "-n", library.toString()));
    assertEquals(List.of("libc.so.6"), matches(headers, "Shared library: \\[(.*)]"));
    assertEquals(List.of("libmodel.so"), matches(headers, "Library soname: \\[(.*)]"));
    assertTrue(headers.contains("GNU_RELRO"), headers);
    assertTrue(headers.contains("BIND_NOW"), headers);
    assertTrue(headers.contains("Build ID"), headers);
    assertEquals(List.of("RW "), matches(headers, "GNU_STACK .* (R..) 0x0"));
    var symbols =
        tools.run(
            "llvm-readobj", List.of("--elf-output-style=GNU", "--dyn-syms", library.toString()));
    assertEquals(
        List.of(
            "model_close",
            "model_context_create",
            "model_context_destroy",
            "model_context_use_workspace",
            "model_describe",
            "model_error",
            "model_infer_shapes",
            "model_open",
            "model_run",
            "model_workspace_size"),
        symbols
            .lines()
            .filter(line -> line.contains(" GLOBAL ") && !line.contains(" UND "))
            .map(line -> line.substring(line.lastIndexOf(' ') + 1))
            .sorted()
            .toList());
  }

  private static List<String> matches(String text, String regex) {
    return Pattern.compile(regex).matcher(text).results().map(match -> match.group(1)).toList();
  }

  @Test
  void openingAndClosingAThousandTimesLeavesNoThreadBehind() throws IOException {
    var library = write(describe("model", host(), embedded()));
    for (int i = 0; i < 1000; i++) {
      try (var loaded = new LoadedLibrary(library, "model", 2, Optional.empty());
          var context = loaded.newContext();
          var arena = Arena.ofConfined()) {
        context.run(data(arena));
      }
    }
    try (var threads = Files.list(Path.of("/proc/self/task"))) {
      var ours =
          threads
              .map(ModelLibraryTest::threadName)
              .filter(name -> name.startsWith("jtvmc-"))
              .collect(Collectors.toList());
      assertEquals(List.of(), ours);
    }
  }

  private static String threadName(Path task) {
    try {
      return Files.readString(task.resolve("comm")).strip();
    } catch (IOException e) {
      return "a thread that has just ended: " + e.getMessage();
    }
  }

  static ModelDescription describe(String name, SortedSet<String> features, WeightStorage weights) {
    var vector = TensorType.of(DType.F32, 10, N / 10);
    return new ModelDescription(
        name,
        "llvm -mcpu=test",
        features,
        List.of(new TensorInfo("x", vector, 4), new TensorInfo("y", vector, 4)),
        List.of(new TensorInfo("sum", vector, 4)),
        4L * N + 64,
        weights,
        false,
        List.of(
            new KernelCall(
                "add", List.of(new Place.Io(0), new Place.Io(1), new Place.Workspace(64))),
            new KernelCall(
                "add", List.of(new Place.Workspace(64), new Place.Weights(0), new Place.Io(2)))));
  }

  Path write(ModelDescription model) {
    var library = folder.resolve("lib" + model.name() + ".so");
    ModelLibrary.write(model, List.of(TestKernels.compile(TestKernels.add("add", N))), library);
    return library;
  }

  WeightStorage embedded() throws IOException {
    return new WeightStorage.Embedded(Files.write(folder.resolve("embedded"), weightBytes()));
  }

  WeightStorage external() throws IOException {
    Files.write(folder.resolve("model.weights"), weightBytes());
    return new WeightStorage.External("model.weights", 4L * N);
  }

  static SortedSet<String> host() {
    return HostCpu.detect().features();
  }

  private static byte[] weightBytes() {
    var bytes = ByteBuffer.allocate(4 * N).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < N; i++) {
      bytes.putFloat(1000 * i);
    }
    return bytes.array();
  }

  private static List<MemorySegment> data(Arena arena) {
    var data =
        List.of(
            arena.allocate(JAVA_FLOAT, N),
            arena.allocate(JAVA_FLOAT, N),
            arena.allocate(JAVA_FLOAT, N));
    for (int i = 0; i < N; i++) {
      data.get(0).setAtIndex(JAVA_FLOAT, i, i);
      data.get(1).setAtIndex(JAVA_FLOAT, i, 10 * i);
    }
    return data;
  }

  private static float[] expected() {
    var sums = new float[N];
    for (int i = 0; i < N; i++) {
      sums[i] = 1011 * i;
    }
    return sums;
  }
}
