package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.driver.DeviceMemory;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.codegen.link.Ptxas;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.codegen.load.LoadedLibrary;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.pipeline.CompiledModel;
import org.jtvmc.compiler.pipeline.KernelBinary;
import org.jtvmc.compiler.pipeline.KernelBuild;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.compiler.target.CpuModels;
import org.jtvmc.compiler.target.DeviceQuery;
import org.jtvmc.compiler.target.TargetParser;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.tests.device.DeviceThreads;
import org.jtvmc.tests.device.EmulatedDriver;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Libraries of whole networks, compiled for GPUs, compute what those for the CPU do: their runtime
 * calls a stand-in for the driver, which runs the emulated kernels where their launches say, on the
 * memory that they were given. {@code jtvmc.device.networks} names others.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EmulatedNetworksTest {
  private static final long SEED = Long.getLong("jtvmc.seed", 20261127);
  private static final String NETWORKS =
      System.getProperty("jtvmc.device.networks", "ppocr-cls@1x3x48x40 minilm@1x16/fp16");

  /** What is left in outputs by a run that writes none. */
  private static final byte POISON = (byte) 0xff;

  private final CudaTarget gpu = CudaTarget.typical(Integer.getInteger("jtvmc.device.arch", 80));
  private final CpuTarget host = HostCpu.detect().target().withCores(2);
  private final byte[] threads = DeviceThreads.build();
  private Path folder;
  private EmulatedDriver driver;

  @BeforeAll
  void loadTheStandIn(@TempDir Path forAll) throws IOException, InterruptedException {
    folder = forAll;
    driver = new EmulatedDriver(folder, gpu);
  }

  @AfterAll
  void close() {
    if (driver != null) {
      driver.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> aNetworkComputesWhatItDoesOnTheCpu() {
    return Stream.of(NETWORKS.split(" "))
        .map(text -> DynamicTest.dynamicTest(text, () -> check(ZooVariant.of(text))));
  }

  private void check(ZooVariant variant) throws IOException {
    check(variant.source(), variant.imported(), variant::options, gpu, tolerance(variant));
  }

  /**
   * Two products whose operands the device brings by itself: of tensors that change with each run,
   * and of one in the workspace.
   */
  @Test
  void tilesAreThoseOfTheTensorsOfEachRun() throws IOException {
    CudaTarget specific = CudaTarget.typical(90).mostSpecific();
    Path file =
        Files.writeString(
            folder.resolve("products.relay"),
            """
            def @main(%x: Tensor[(1024, 256), float16], %w: Tensor[(256, 512), float16], \
            %v: Tensor[(512, 512), float16]) -> Tensor[(1024, 512), float32] {
              %0 = nn.matmul(%x, %w, out_dtype=float32);
              %1 = cast(%0, dtype=float16);
              nn.matmul(%1, %v, out_dtype=float32)
            }
            """);
    CompiledModel model = checkOn(specific, ModelSource.of(file.toString()), 1e-3);
    assertEquals(4, maps(model).count());
  }

  /** A convolution whose pixels the device counts through, of what another kernel wrote. */
  @Test
  void pixelsAreThoseOfTheTensorsOfEachRun() throws IOException {
    // So small a device that small products fill it.
    CudaTarget specific = target("cuda -arch=sm_90a -num-sms=4");
    CompiledModel model = checkOn(specific, resource("convolutions"), 1e-2);
    long windows = maps(model).filter(map -> map.box().window().isPresent()).count();
    assertEquals(2, windows);
  }

  private static Stream<Launch.Argument.Map> maps(CompiledModel model) {
    return model.kernels().stream()
        .flatMap(build -> ((KernelBinary.OfGpu) build.binary()).kernel().launches().stream())
        .flatMap(launch -> launch.arguments().stream())
        .flatMap(
            argument ->
                argument instanceof Launch.Argument.Map map ? Stream.of(map) : Stream.empty());
  }

  /** Kernels whose last blocks add up leave the counters that they share as they were. */
  @Test
  void countersAreZeroForTheNextKernelAndTheNextRun() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("split.relay"),
            """
            def @main(%x: Tensor[(32, 2048), float32], %w: Tensor[(512, 2048), float32], \
            %v: Tensor[(64, 512), float32]) -> Tensor[(32, 64), float32] {
              %0 = nn.dense(%x, %w);
              %1 = nn.relu(%0);
              nn.dense(%1, %v)
            }
            """);
    CompiledModel model = checkOn(gpu, ModelSource.of(file.toString()), 1e-5);
    for (KernelBuild build : model.kernels()) {
      assertTrue(((KernelBinary.OfGpu) build.binary()).kernel().counterBytes() > 0, build.name());
    }
  }

  /**
   * Convolutions of bytes, but for the first, are made by tensor cores; the answers are the same.
   */
  @ParameterizedTest
  @ValueSource(strings = {"sm_80", "sm_90", "sm_90a"})
  void aQuantizedNetworkMultipliesBytes(String arch) throws IOException {
    CompiledModel model = checkQuantized("quantized", "cuda -arch=" + arch);
    assertEquals(4, count(model, "m16n8k32.row.col.s32.u8.s8.s32"));
  }

  /** So small a device that products of bytes fill it: groups of warps make them. */
  @Test
  void groupsOfWarpsMultiplyBytesOfAQuantizedNetwork() throws IOException {
    CompiledModel model = checkQuantized("quantized-dense", "cuda -arch=sm_90a -num-sms=4");
    assertEquals(2, count(model, "wgmma.mma_async.sync.aligned.m64n"));
    assertEquals(2, count(model, ".s32.s8.s8"));
  }

  private CompiledModel checkQuantized(String name, String target) throws IOException {
    CudaTarget device = target(target);
    CompiledModel model = checkOn(device, resource(name), 1e-6);
    model.kernels().forEach(build -> assertAssembles(build, device));
    return model;
  }

  private CudaTarget target(String text) {
    var parser = new TargetParser(host, CpuModels.standard(), DeviceQuery.NONE);
    return (CudaTarget) parser.parse(text);
  }

  private ModelSource resource(String name) throws IOException {
    Path file = Files.createTempDirectory(folder, "model").resolve(name + ".relay");
    try (InputStream text = getClass().getResourceAsStream("/kernels/" + name + ".relay")) {
      Files.copy(text, file);
    }
    return ModelSource.of(file.toString());
  }

  /**
   * {@code ptxas}, where there is one that knows the device, takes the code, and spills nothing.
   */
  private static void assertAssembles(KernelBuild build, CudaTarget device) {
    String ptx = ptx(build);
    Ptxas.find()
        .filter(found -> found.knows(device))
        .ifPresent(
            found ->
                found
                    .usage(ptx, device)
                    .forEach((entry, usage) -> assertEquals(0, usage.spilledBytes(), entry)));
  }

  private static String ptx(KernelBuild build) {
    return ((KernelBinary.OfGpu) build.binary()).kernel().ptx();
  }

  private static long count(CompiledModel model, String instruction) {
    return model.kernels().stream().filter(build -> ptx(build).contains(instruction)).count();
  }

  /** On a driver with this device, with the usual options. */
  private CompiledModel checkOn(CudaTarget device, ModelSource source, double tolerance)
      throws IOException {
    driver.pretend(device);
    try {
      return check(
          source,
          source.load(Map.of()),
          target -> CompileOptions.builder(source.name(), target).build(),
          device,
          tolerance);
    } finally {
      driver.pretend(gpu);
    }
  }

  private CompiledModel check(
      ModelSource source,
      IRModule imported,
      Function<Target, CompileOptions> options,
      CudaTarget device,
      double tolerance)
      throws IOException {
    Path folderOfCpu = Files.createTempDirectory(folder, "cpu");
    Path folderOfGpu = Files.createTempDirectory(folder, "gpu");
    compile(source, imported, options.apply(host), folderOfCpu);
    CompiledModel model = compile(source, imported, options.apply(device), folderOfGpu);
    driver.add(model, device, host, threads);
    List<NDArray> inputs;
    List<NDArray> expected;
    try (LoadedLibrary library = open(source, folderOfCpu);
        var context = library.newContext()) {
      inputs = library.inputs().stream().map(EmulatedNetworksTest::filled).toList();
      expected = results(library);
      context.run(data(inputs, expected));
    }
    try (LoadedLibrary library = open(source, folderOfGpu)) {
      runOnHostMemory(library, inputs, expected, tolerance);
      runInAGraph(library, inputs, expected, tolerance);
    }
    return model;
  }

  private CompiledModel compile(
      ModelSource source, IRModule imported, CompileOptions options, Path out) {
    List<CompiledModel> compiled = new ArrayList<>();
    CompileListener listener =
        new CompileListener() {
          @Override
          public void compiled(CompiledModel model) {
            compiled.add(model);
          }
        };
    new ArtifactCompiler(host, listener).compile(source, imported, options, out);
    return compiled.getFirst();
  }

  private static LoadedLibrary open(ModelSource source, Path folder) {
    String name = source.name();
    return new LoadedLibrary(folder.resolve("lib" + name + ".so"), name, 2, Optional.empty());
  }

  private void runOnHostMemory(
      LoadedLibrary library, List<NDArray> inputs, List<NDArray> expected, double tolerance) {
    List<NDArray> actual = results(library);
    try (var context = library.newContext()) {
      context.run(data(inputs, actual));
    } catch (CodegenException e) {
      driver.launched(); // says more, where a kernel is to blame
      throw e;
    }
    assertTrue(!driver.launched().isEmpty());
    compare(expected, actual, tolerance);
  }

  /** On tensors of the device. */
  private void runInAGraph(
      LoadedLibrary library, List<NDArray> inputs, List<NDArray> expected, double tolerance) {
    List<NDArray> actual = results(library);
    List<DeviceMemory> memory = new ArrayList<>();
    try (var device = driver.driver().device(0).open();
        var stream = device.newStream();
        var context = library.newContext()) {
      for (MemorySegment data : data(inputs, actual)) {
        memory.add(device.allocate(data.byteSize()));
        device.copy(data, memory.getLast(), stream);
      }
      try (var graph = stream.capture(() -> context.run(memory, stream))) {
        for (int i = 0; i < actual.size(); i++) {
          device.fill(memory.get(inputs.size() + i), POISON, stream);
        }
        graph.launch(stream);
        for (int i = 0; i < actual.size(); i++) {
          device.copy(memory.get(inputs.size() + i), actual.get(i).data(), stream);
        }
        assertEquals(List.of(), driver.launched(), "nothing runs before it is waited for");
        stream.synchronize();
        assertTrue(!driver.launched().isEmpty());
      }
      compare(expected, actual, tolerance);
      memory.forEach(DeviceMemory::close);
    }
  }

  private static List<MemorySegment> data(List<NDArray> inputs, List<NDArray> outputs) {
    return Stream.concat(inputs.stream(), outputs.stream()).map(NDArray::data).toList();
  }

  private static NDArray filled(TensorInfo info) {
    NDArray array = NDArray.allocate(info.type());
    SplittableRandom random = new SplittableRandom(SEED);
    for (long i = 0; i < array.elements(); i++) {
      if (info.type().dtype().isFloat()) {
        array.setDouble(i, random.nextDouble() - 0.5);
      } else {
        // Words are places in tables or marks of a mask; bytes are quantized numbers.
        array.setLong(i, random.nextInt(info.type().dtype().bits() == Byte.SIZE ? 128 : 2));
      }
    }
    return array;
  }

  private static List<NDArray> results(LoadedLibrary library) {
    return library.outputs().stream()
        .map(
            info -> {
              NDArray array = NDArray.allocate(info.type());
              array.data().fill(POISON);
              return array;
            })
        .toList();
  }

  /** Sixteen-bit numbers are rounded at other places of a network on the CPU. */
  private static double tolerance(ZooVariant variant) {
    return switch (variant.precision()) {
      case FP32 -> 1e-4;
      case TF32, FP16 -> 1e-2;
      default -> 5e-2;
    };
  }

  private static void compare(List<NDArray> expected, List<NDArray> actual, double tolerance) {
    for (int output = 0; output < expected.size(); output++) {
      NDArray right = expected.get(output);
      double largest = 0;
      for (long i = 0; i < right.elements(); i++) {
        largest = Math.max(largest, Math.abs(right.getDouble(i)));
      }
      assertTrue(largest > 0, "the CPU's answer is all zeros");
      for (long i = 0; i < right.elements(); i++) {
        assertEquals(
            right.getDouble(i),
            actual.get(output).getDouble(i),
            tolerance * largest,
            "element " + i);
      }
    }
  }
}
