package org.jtvmc.tests.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.driver.CudaDriver;
import org.jtvmc.compiler.pipeline.CompiledModel;
import org.jtvmc.compiler.pipeline.KernelBinary;
import org.jtvmc.compiler.pipeline.KernelBuild;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;

/**
 * The stand-in for the CUDA driver ({@code fake_cuda.c}) with emulated kernels: model libraries
 * that are opened while it is there run on it, and read and write what they would on a GPU.
 */
public final class EmulatedDriver implements AutoCloseable {
  private static final Path SOURCE = Path.of("..", "codegen", "src", "test", "c", "fake_cuda.c");
  private static final int LAUNCH_FAILED = 719;
  private static final int MOST_ARGUMENTS = 64;

  /** What the stand-in calls for each launch. */
  interface Runner {
    int run(MemorySegment entry, MemorySegment extents, MemorySegment addresses);
  }

  private record Known(EmulatedKernel kernel, Launch launch) {}

  private final Path folder;
  private final Arena arena = Arena.ofShared();
  private final Map<String, Known> launches = new HashMap<>();
  private final List<String> launched = new ArrayList<>();
  private final CudaDriver driver;
  private Throwable fault;

  /**
   * Builds and loads it; skips the test where there is no C compiler.
   *
   * @param gpu what models are compiled for
   */
  public EmulatedDriver(Path folder, CudaTarget gpu) throws IOException, InterruptedException {
    this.folder = folder;
    Path library = folder.resolve("libcuda.so.1");
    build(library);
    pretend(gpu);
    driver = CudaDriver.open(library.toString());
    try {
      MethodType type =
          MethodType.methodType(
              int.class, MemorySegment.class, MemorySegment.class, MemorySegment.class);
      Runner kernels = this::run;
      MemorySegment runner =
          Linker.nativeLinker()
              .upcallStub(
                  MethodHandles.lookup().findVirtual(Runner.class, "run", type).bindTo(kernels),
                  FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS),
                  arena);
      Linker.nativeLinker()
          .downcallHandle(
              SymbolLookup.libraryLookup(library, arena).findOrThrow("fake_cuda_use"),
              FunctionDescriptor.ofVoid(ADDRESS))
          .invokeExact(runner);
    } catch (Throwable e) {
      throw new AssertionError("the stand-in takes no function", e);
    }
  }

  /**
   * Has a device that runs models for {@code gpu} from now on, and takes their PTX, whatever
   * assembler was at hand: one of the next major version, or one that refuses machine code.
   */
  public void pretend(CudaTarget gpu) throws IOException {
    Files.writeString(
        folder.resolve("fake_cuda.conf"),
        gpu.specific()
            ? "capability %d%nfail load_cubin 209%n".formatted(gpu.arch())
            : "capability %d%n".formatted((gpu.arch() / 10 + 1) * 10));
  }

  private static void build(Path library) throws IOException, InterruptedException {
    List<String> command =
        List.of(
            "cc",
            "-std=gnu11",
            "-O1",
            "-shared",
            "-fPIC",
            "-pthread",
            "-Wl,-soname,libcuda.so.1",
            "-o",
            library.toString(),
            SOURCE.toString());
    try {
      assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor());
    } catch (IOException e) {
      abort("no C compiler \"cc\": " + e.getMessage());
    }
  }

  public CudaDriver driver() {
    return driver;
  }

  /**
   * Has it run a model's kernels: the very ones of its library.
   *
   * @param threads what {@link DeviceThreads#build} made
   */
  public void add(CompiledModel model, CudaTarget gpu, CpuTarget host, byte[] threads) {
    for (KernelBuild build : model.kernels()) {
      EmulatedKernel kernel = new EmulatedKernel(build.lowered(), gpu, host, threads);
      if (!(build.binary() instanceof KernelBinary.OfGpu(DeviceKernel compiled))) {
        throw new AssertionError(build.name() + " is not for a GPU");
      }
      assertEquals(compiled.ptx(), kernel.kernel().ptx());
      for (Launch launch : compiled.launches()) {
        launches.put(launch.entry(), new Known(kernel, launch));
      }
    }
  }

  /** The driver calls this for a launch when it is waited for; nothing may be thrown to it. */
  private int run(MemorySegment name, MemorySegment extents, MemorySegment addresses) {
    try {
      String entry = name.reinterpret(Integer.MAX_VALUE).getString(0);
      Known known = launches.get(entry);
      Launch launch = known.launch();
      int[] given = extents.reinterpret(6L * Integer.BYTES).toArray(JAVA_INT);
      assertEquals(
          List.of(launch.grid(), launch.block()),
          List.of(
              new Launch.Extent(given[0], given[1], given[2]),
              new Launch.Extent(given[3], given[4], given[5])),
          entry);
      launched.add(entry);
      known.kernel().launch(launch, addresses.reinterpret(MOST_ARGUMENTS * JAVA_LONG.byteSize()));
      return 0;
    } catch (Throwable e) {
      fault = e;
      return LAUNCH_FAILED;
    }
  }

  /**
   * The entries that ran since the last time, in order.
   *
   * @throws AssertionError where one did what it must not
   */
  public List<String> launched() {
    if (fault != null) {
      throw new AssertionError(fault.getMessage(), fault);
    }
    List<String> entries = List.copyOf(launched);
    launched.clear();
    return entries;
  }

  @Override
  public void close() {
    driver.close();
    arena.close();
  }
}
