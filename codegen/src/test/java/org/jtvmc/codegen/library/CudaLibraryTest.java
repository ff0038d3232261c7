package org.jtvmc.codegen.library;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.cuda.Assembler;
import org.jtvmc.codegen.cuda.Cubin;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.cuda.Launch.Argument;
import org.jtvmc.codegen.cuda.Launch.Extent;
import org.jtvmc.codegen.driver.CudaDriver;
import org.jtvmc.codegen.driver.CudaUnavailableException;
import org.jtvmc.codegen.driver.DeviceMemory;
import org.jtvmc.codegen.driver.FakeCuda;
import org.jtvmc.codegen.load.LoadedLibrary;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * A model for GPUs that computes sum = 2 (x + y) + weights, over the stand-in for the driver. The
 * libraries find the stand-in because it is loaded already.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CudaLibraryTest {

  private static final int N = 128;

  private Path folder;
  private FakeCuda fake;
  private CudaDriver driver;

  @BeforeAll
  void loadTheStandIn(@TempDir Path forAll) {
    folder = forAll;
    fake = FakeCuda.build(folder);
    driver = CudaDriver.open(fake.library().toString());
  }

  @AfterAll
  void close() {
    driver.close();
  }

  @BeforeEach
  void reset() {
    fake.configure();
    fake.calls();
  }

  @Test
  void tensorsOfTheCpuAreCopiedInAndOut() throws IOException {
    try (var library = load("onhost");
        var context = library.newContext();
        var arena = Arena.ofConfined()) {
      assertTrue(library.onDevice());
      assertEquals("cuda -arch=sm_80", library.target());
      var data = hostData(arena);
      for (int run = 0; run < 3; run++) {
        data.getLast().fill((byte) 0xFF);
        context.run(data);
        assertArrayEquals(expected(), data.getLast().toArray(JAVA_FLOAT));
      }
      // What belongs to the model is brought to the GPU once, and each kernel runs in each run.
      var calls = fake.calls();
      assertEquals(2, count(calls, "cuModuleLoadDataEx"));
      assertEquals(1, count(calls, "cuMemcpyHtoD_v2"));
      assertEquals(9, count(calls, "cuLaunchKernel"));
    }
  }

  @Test
  void aRunOnAStreamNeitherAllocatesNorWaits() throws IOException {
    try (var library = load("onstream");
        var first = library.newContext();
        var second = library.newContext();
        var arena = Arena.ofConfined();
        var device = driver.device(0).open();
        var stream = device.newStream()) {
      var host = hostData(arena);
      List<DeviceMemory> data = new ArrayList<>();
      for (var tensor : host) {
        data.add(device.allocate(tensor.byteSize()));
        device.copy(tensor, data.getLast(), stream);
      }
      for (var context : List.of(first, second, first)) {
        device.fill(data.getLast(), (byte) 0xFF, stream);
        fake.calls();
        context.run(data, stream);
        assertEquals(List.of("cuLaunchKernel", "cuLaunchKernel", "cuLaunchKernel"), fake.calls());
        device.copy(data.getLast(), host.getLast(), stream);
        stream.synchronize();
        assertArrayEquals(expected(), host.getLast().toArray(JAVA_FLOAT));
      }
      data.forEach(DeviceMemory::close);
    }
  }

  @Test
  void aRunCanBeCapturedInAGraph() throws IOException {
    try (var library = load("captured");
        var context = library.newContext();
        var arena = Arena.ofConfined();
        var device = driver.device(0).open();
        var stream = device.newStream()) {
      var host = hostData(arena);
      List<DeviceMemory> data = new ArrayList<>();
      for (var tensor : host) {
        data.add(device.allocate(tensor.byteSize()));
        device.copy(tensor, data.getLast(), stream);
      }
      try (var graph = stream.capture(() -> context.run(data, stream))) {
        for (int run = 0; run < 2; run++) {
          device.fill(data.getLast(), (byte) 0xFF, stream);
          graph.launch(stream);
          device.copy(data.getLast(), host.getLast(), stream);
          stream.synchronize();
          assertArrayEquals(expected(), host.getLast().toArray(JAVA_FLOAT));
        }
      }
      data.forEach(DeviceMemory::close);
    }
  }

  @Test
  void codeOfOneArchitectureAloneIsNotForNewerDevices() throws IOException {
    var specific = CudaTarget.typical(90).mostSpecific();
    fake.configure("capability 100");
    assertEquals(
        "model \"specific\" is compiled for \"cuda -arch=sm_90a\"; GPU 0 (Fake GPU) is sm_100",
        assertThrows(
                CudaUnavailableException.class, () -> load("specific", specific, Assembler.NONE))
            .getMessage());
    fake.configure("capability 90");
    try (var library = load("fitting", specific, Assembler.NONE)) {
      assertEquals("cuda -arch=sm_90a", library.target());
    }
  }

  @Test
  void whatIsMissingIsASentence() throws IOException {
    fake.configure("capability 75");
    assertEquals(
        "model \"old\" is compiled for \"cuda -arch=sm_80\"; GPU 0 (Fake GPU) is sm_75",
        assertThrows(CudaUnavailableException.class, () -> load("old")).getMessage());
    fake.configure("devices 0");
    assertEquals(
        "the NVIDIA driver does not start: no CUDA-capable device is detected (CUDA error 100)",
        assertThrows(CudaUnavailableException.class, () -> load("none")).getMessage());
    fake.configure("fail cuModuleLoadDataEx 222");
    try (var library = load("driver")) {
      assertEquals(
          "the NVIDIA driver is too old for a model compiled for \"cuda -arch=sm_80\": update it",
          assertThrows(CudaUnavailableException.class, library::newContext).getMessage());
    }
    fake.configure("fail cuMemAlloc_v2 2");
    try (var library = load("full")) {
      assertEquals(
          "the weights do not fit on the GPU: out of memory (CUDA error 2)",
          assertThrows(CodegenException.class, library::newContext).getMessage());
      fake.configure();
      library.newContext().close();
    }
    var calls = fake.calls();
    assertEquals(count(calls, "load_ptx"), count(calls, "cuModuleUnload"));
  }

  @Test
  void machineCodeIsLoadedWhereItFitsAndPtxElsewhere() throws IOException {
    Assembler assembler = (_, _) -> new Cubin(new byte[] {127, 'E', 'L', 'F', 0});
    for (var line :
        List.of(
            List.of("86", "load_cubin"), // a newer device of the same major version
            List.of("90", "load_ptx"))) {
      fake.configure("capability " + line.getFirst());
      fake.calls();
      try (var library = load("cubin" + line.getFirst(), assembler)) {
        library.newContext().close();
      }
      var loaded = fake.calls().stream().filter(call -> call.startsWith("load_")).toList();
      assertEquals(List.of(line.getLast(), line.getLast()), loaded);
    }
    // A driver that is older than the toolkit whose ptxas was there.
    fake.configure("capability 80", "fail load_cubin 209");
    try (var library = load("toonew", assembler)) {
      library.newContext().close();
    }
    assertEquals(2, count(fake.calls(), "load_ptx"));
  }

  @Test
  void nothingIsLeftOnTheGpu() throws IOException {
    for (int i = 0; i < 20; i++) {
      try (var library = load("leak" + i % 2);
          var context = library.newContext();
          var arena = Arena.ofConfined()) {
        context.run(hostData(arena));
      }
    }
    var calls = fake.calls();
    assertEquals(count(calls, "cuMemAlloc_v2"), count(calls, "cuMemFree_v2"));
    assertEquals(count(calls, "cuModuleLoadDataEx"), count(calls, "cuModuleUnload"));
    assertEquals(count(calls, "cuStreamCreate"), count(calls, "cuStreamDestroy_v2"));
    assertEquals(
        count(calls, "cuDevicePrimaryCtxRetain"), count(calls, "cuDevicePrimaryCtxRelease_v2"));
  }

  private static long count(List<String> calls, String name) {
    return calls.stream().filter(name::equals).count();
  }

  private LoadedLibrary load(String name) throws IOException {
    return load(name, Assembler.NONE);
  }

  private LoadedLibrary load(String name, Assembler assembler) throws IOException {
    return load(name, CudaTarget.typical(80), assembler);
  }

  private LoadedLibrary load(String name, CudaTarget target, Assembler assembler)
      throws IOException {
    var vector = TensorType.of(DType.F32, N);
    var bytes = new byte[4 * N];
    for (int i = 0; i < N; i++) {
      java.nio.ByteBuffer.wrap(bytes)
          .order(java.nio.ByteOrder.LITTLE_ENDIAN)
          .putFloat(4 * i, 1000 * i);
    }
    var weights = Files.write(folder.resolve(name + ".weights"), bytes);
    var model =
        new ModelDescription(
            name,
            target.toString(),
            new TreeSet<>(),
            List.of(new TensorInfo("x", vector, 16), new TensorInfo("y", vector, 16)),
            List.of(new TensorInfo("sum", vector, 16)),
            8 * N + 64,
            new WeightStorage.Embedded(weights),
            true,
            List.of());
    var library = folder.resolve("lib" + name + ".so");
    ModelLibrary.write(model, program(target, assembler), library);
    return new LoadedLibrary(library, name, 0, Optional.empty());
  }

  /** One kernel of two launches, with a workspace between them, and one of one launch. */
  private static DeviceProgram program(CudaTarget target, Assembler assembler) {
    var grid = new Extent(2, 2, 1);
    var block = new Extent(32, 1, 1);
    var twiceTheSum =
        new DeviceKernel(
            "twice_the_sum",
            FakeCuda.PTX,
            List.of(
                new Launch(
                    "fake_add",
                    grid,
                    block,
                    60_000,
                    List.of(
                        new Argument.Input(0), new Argument.Input(1), new Argument.Workspace(0))),
                new Launch(
                    "fake_twice",
                    grid,
                    block,
                    0,
                    List.of(new Argument.Workspace(0), new Argument.Output(0)))),
            4 * N);
    var add =
        new DeviceKernel(
            "add",
            FakeCuda.PTX,
            List.of(
                new Launch(
                    "fake_add",
                    grid,
                    block,
                    0,
                    List.of(new Argument.Input(0), new Argument.Input(1), new Argument.Output(0)))),
            0);
    return DeviceProgram.of(
        target,
        List.of(
            new DeviceProgram.Call(
                twiceTheSum,
                2,
                List.of(
                    new Place.Io(0),
                    new Place.Io(1),
                    new Place.Workspace(0),
                    new Place.Workspace(4 * N + 64))),
            new DeviceProgram.Call(
                add, 2, List.of(new Place.Workspace(0), new Place.Weights(0), new Place.Io(2)))),
        assembler);
  }

  private static List<MemorySegment> hostData(Arena arena) {
    var x = arena.allocate(4 * N, 4);
    var y = arena.allocate(4 * N, 4);
    for (int i = 0; i < N; i++) {
      x.setAtIndex(JAVA_FLOAT, i, i);
      y.setAtIndex(JAVA_FLOAT, i, 10 * i);
    }
    return List.of(x, y, arena.allocate(4 * N, 4));
  }

  private static float[] expected() {
    var expected = new float[N];
    for (int i = 0; i < N; i++) {
      expected[i] = 2 * (i + 10 * i) + 1000 * i;
    }
    return expected;
  }
}
