package org.jtvmc.codegen.load;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.TestKernels;
import org.jtvmc.codegen.load.CompiledKernel.Timing;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompiledKernelTest {

  private static final int N = 1001;

  private static KernelRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = new KernelRuntime();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void aKernelRunsOnAnyNumberOfThreads(int threads) {
    try (var arena = Arena.ofConfined();
        var pool = runtime.newPool(threads);
        var kernel = load(TestKernels.add("add", N), "add")) {
      var buffers = buffers(arena);
      for (int i = 0; i < 100; i++) {
        buffers.get(2).fill((byte) 0);
        kernel.run(buffers, Optional.of(pool));
        assertArrayEquals(expected(), buffers.get(2).toArray(JAVA_FLOAT));
      }
    }
  }

  @Test
  void threadsOfAPoolToMeasureOnStayOnTheirCores() throws Exception {
    assumeTrue(runtime.cpuCount() > 1, "there is one core only");
    try (var arena = Arena.ofConfined();
        var pool = runtime.newMeasuringPool(2);
        var kernel = load(TestKernels.add("add", N), "add")) {
      String before = allowedCpus(Path.of("/proc/thread-self"));
      List<Path> others = workers();
      kernel.measure(buffers(arena), Optional.of(pool), Timing.warm(3, 10));
      assertEquals(1, awaitBound(others).size(), "workers that have one CPU");
      assertEquals(before, allowedCpus(Path.of("/proc/thread-self")), "the caller is free again");
    }
  }

  /**
   * The workers beside {@code others} that have one CPU, once there is one: on a busy machine the
   * caller may have done all the work before it began, so that it is given ten seconds.
   */
  private static List<Path> awaitBound(List<Path> others) throws Exception {
    List<Path> bound = new ArrayList<>();
    for (int i = 0; i < 1000 && bound.isEmpty(); i++) {
      Thread.sleep(10);
      for (Path worker : workers()) {
        if (!others.contains(worker) && allowedCpus(worker).matches("\\d+")) {
          bound.add(worker);
        }
      }
    }
    return bound;
  }

  /** The threads of pools in this process, as the kernel shows them. */
  private static List<Path> workers() throws IOException {
    try (var threads = Files.list(Path.of("/proc/self/task"))) {
      List<Path> workers = new ArrayList<>();
      for (Path thread : threads.toList()) {
        if (Files.readString(thread.resolve("comm")).startsWith("jtvmc-")) {
          workers.add(thread);
        }
      }
      return workers;
    }
  }

  private static String allowedCpus(Path thread) throws IOException {
    String key = "Cpus_allowed_list:";
    return Files.readAllLines(thread.resolve("status")).stream()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(key.length()).strip())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aKernelRunsWithoutAPool() {
    try (var arena = Arena.ofConfined();
        var kernel = load(TestKernels.add("add", N), "add")) {
      var buffers = buffers(arena);
      kernel.run(buffers, Optional.empty());
      assertArrayEquals(expected(), buffers.get(2).toArray(JAVA_FLOAT));
    }
  }

  @Test
  void aKernelsCodeIsReported() {
    try (var kernel = load(TestKernels.returning("failing", 7), "failing")) {
      var error =
          assertThrows(CodegenException.class, () -> kernel.run(List.of(), Optional.empty()));
      assertEquals("kernel failing failed with code 7", error.getMessage());
      var timing = Timing.warm(2, 2);
      assertThrows(
          CodegenException.class, () -> kernel.measure(List.of(), Optional.empty(), timing));
    }
  }

  @Test
  void aKernelThatNeedsAnUnknownFunctionIsNotLoaded() {
    var ir =
        """
        declare i32 @unknown_function()
        define i32 @kernel(ptr %buffers, ptr %pool) {
          %status = call i32 @unknown_function()
          ret i32 %status
        }
        """;
    var error = assertThrows(CodegenException.class, () -> load(ir, "kernel"));
    assertTrue(error.getMessage().contains("unknown_function"), error.getMessage());
  }

  @Test
  void eachSampleIsTimed() {
    try (var arena = Arena.ofConfined();
        var kernel = load(TestKernels.add("add", N), "add")) {
      var samples = kernel.measure(buffers(arena), Optional.empty(), Timing.warm(5, 3));
      assertEquals(5, samples.length);
      assertTrue(Arrays.stream(samples).allMatch(ns -> ns > 0), Arrays.toString(samples));
    }
  }

  /** What stands between samples writes no byte that was not there, at odd sizes too. */
  @Test
  void surroundingsLeaveTheirMemoryAsItIs() {
    try (var arena = Arena.ofShared();
        var pool = runtime.newPool(2);
        var kernel = load(TestKernels.add("add", N), "add")) {
      var buffers = buffers(arena);
      var odd = arena.allocate(3 * 4096 + 65);
      for (long i = 0; i < odd.byteSize(); i++) {
        odd.set(ValueLayout.JAVA_BYTE, i, (byte) (7 * i));
      }
      var before = odd.toArray(ValueLayout.JAVA_BYTE);
      var around =
          new Surroundings(
              arena.allocate(1 << 20),
              List.of(buffers.get(0), odd.asSlice(0, 2 * 4096 + 1), arena.allocate(0)));
      var samples =
          kernel.measure(buffers, Optional.of(pool), new Timing(4, 1, Optional.of(around)));
      assertEquals(4, samples.length);
      assertArrayEquals(expected(), buffers.get(2).toArray(JAVA_FLOAT));
      assertArrayEquals(before, odd.toArray(ValueLayout.JAVA_BYTE));
    }
  }

  @Test
  void theRuntimeCountsAtLeastOneCpu() {
    var cpus = runtime.cpuCount();
    assertTrue(1 <= cpus && cpus <= Runtime.getRuntime().availableProcessors() + 1);
  }

  private static CompiledKernel load(String ir, String name) {
    return new CompiledKernel(runtime, name, TestKernels.compile(ir));
  }

  private static List<MemorySegment> buffers(Arena arena) {
    var buffers =
        List.of(
            arena.allocate(JAVA_FLOAT, N),
            arena.allocate(JAVA_FLOAT, N),
            arena.allocate(JAVA_FLOAT, N));
    for (int i = 0; i < N; i++) {
      buffers.get(0).setAtIndex(JAVA_FLOAT, i, i);
      buffers.get(1).setAtIndex(JAVA_FLOAT, i, 0.5f * i);
    }
    return buffers;
  }

  private static float[] expected() {
    var sums = new float[N];
    for (int i = 0; i < N; i++) {
      sums[i] = 1.5f * i;
    }
    return sums;
  }
}
