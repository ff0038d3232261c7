package org.jtvmc.codegen.driver;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.cuda.Launch.Extent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The calls of the driver, on a stand-in that notes them and fails on demand. */
class CudaDriverTest {

  @TempDir Path folder;

  private CudaDriver open(FakeCuda fake) {
    return CudaDriver.open(fake.library().toString());
  }

  @Test
  void withoutADriverOneSentenceSaysSo() {
    var e =
        assertThrows(
            CudaUnavailableException.class,
            () -> CudaDriver.open(folder.resolve("libcuda.so.1").toString()));
    assertTrue(e.getMessage().startsWith("there is no NVIDIA driver here: "), e.getMessage());
  }

  @Test
  void anOldDriverAndAMissingDeviceAreSentences() {
    var fake = FakeCuda.build(folder);
    fake.configure("version 10020");
    assertEquals(
        "the NVIDIA driver supports CUDA 10.2, and 11.4 or newer is needed: update it",
        assertThrows(CudaUnavailableException.class, () -> open(fake)).getMessage());
    fake.configure("devices 0");
    assertEquals(
        "the NVIDIA driver does not start: no CUDA-capable device is detected (CUDA error 100)",
        assertThrows(CudaUnavailableException.class, () -> open(fake)).getMessage());
    fake.configure("devices 1");
    try (var driver = open(fake)) {
      assertEquals(
          "there is no GPU 1: the driver finds 1",
          assertThrows(CudaUnavailableException.class, () -> driver.device(1)).getMessage());
    }
  }

  @Test
  void aDeviceTellsItsFigures() {
    try (var driver = open(FakeCuda.build(folder))) {
      var device = driver.device(0).properties();
      assertEquals("12.8", driver.versionText());
      assertEquals("Fake GPU", device.name());
      assertEquals("sm_90", device.arch());
      assertEquals(227 << 10, device.sharedBytesPerBlock());
      assertEquals(128e9, device.memoryBytesPerSecond(), 1);
    }
  }

  @Test
  void aKernelRunsOnWhatWasCopiedIn() {
    try (var driver = open(FakeCuda.build(folder));
        var arena = Arena.ofConfined();
        var context = driver.device(0).open();
        var stream = context.newStream();
        var module = context.load(FakeCuda.PTX.getBytes(UTF_8));
        var x = context.allocate(4 * 32);
        var y = context.allocate(4 * 32);
        var before = stream.newEvent();
        var after = stream.newEvent()) {
      var host = arena.allocate(JAVA_FLOAT, 32);
      for (int i = 0; i < 32; i++) {
        host.setAtIndex(JAVA_FLOAT, i, i);
      }
      context.copy(host, x, stream);
      var launch =
          module
              .function("fake_twice", 100_000)
              .bind(
                  new Launch(
                      "fake_twice",
                      new Extent(2, 1, 1),
                      new Extent(16, 1, 1),
                      100_000,
                      List.of(new Launch.Argument.Input(0), new Launch.Argument.Output(0))),
                  data -> (data instanceof Launch.Argument.Input ? x : y).address(),
                  arena);
      before.record(stream);
      launch.enqueue(stream);
      after.record(stream);
      context.copy(y, host, stream);
      stream.synchronize();
      assertTrue(after.millisecondsSince(before) >= 0);
      var expected = new float[32];
      for (int i = 0; i < 32; i++) {
        expected[i] = 2 * i;
      }
      assertArrayEquals(expected, host.toArray(JAVA_FLOAT));
    }
  }

  @Test
  void whatTheAssemblerSaysReachesTheUser() {
    try (var driver = open(FakeCuda.build(folder));
        var context = driver.device(0).open()) {
      var e = assertThrows(CudaException.class, () -> context.load("nonsense".getBytes(UTF_8)));
      assertEquals(
          "the driver cannot load a kernel: ptxas: line 1: this is no PTX: a PTX JIT compilation"
              + " failed (CUDA error 218)",
          e.getMessage());
      assertFalse(e.poisonsContext());
      try (var module = context.load(FakeCuda.PTX.getBytes(UTF_8))) {
        var missing = assertThrows(CudaException.class, () -> module.function("absent", 0));
        assertEquals(
            "the module has no kernel absent: named symbol not found (CUDA error 500)",
            missing.getMessage());
      }
    }
  }

  @Test
  void aFaultOfAKernelPoisonsTheContext() {
    var fake = FakeCuda.build(folder);
    try (var driver = open(fake);
        var context = driver.device(0).open();
        var stream = context.newStream()) {
      fake.configure("fail cuStreamSynchronize 700");
      var e = assertThrows(CudaException.class, stream::synchronize);
      assertEquals(
          "a kernel failed on the GPU: an illegal memory access was encountered (CUDA error 700)",
          e.getMessage());
      assertTrue(e.poisonsContext());
      fake.configure();
      assertThrows(CudaException.class, () -> context.allocate(16));
    }
  }

  @Test
  void nothingIsLeftOpen() throws IOException {
    var fake = FakeCuda.build(folder);
    try (var driver = open(fake)) {
      for (int i = 0; i < 1000; i++) {
        try (var context = driver.device(0).open();
            var stream = context.newStream();
            var event = stream.newEvent();
            var module = context.load(FakeCuda.PTX.getBytes(UTF_8));
            var memory = context.allocate(1 << 10)) {
          event.record(stream);
          assertEquals(0, memory.address() % 256);
          assertTrue(module.function("fake_add", 0).registers() > 0);
        }
      }
      var calls = fake.calls();
      for (var pair :
          List.of(
              List.of("cuDevicePrimaryCtxRetain", "cuDevicePrimaryCtxRelease_v2"),
              List.of("cuStreamCreate", "cuStreamDestroy_v2"),
              List.of("cuEventCreate", "cuEventDestroy_v2"),
              List.of("cuModuleLoadDataEx", "cuModuleUnload"),
              List.of("cuMemAlloc_v2", "cuMemFree_v2"))) {
        assertEquals(1000, calls.stream().filter(pair.get(0)::equals).count(), pair.get(0));
        assertEquals(1000, calls.stream().filter(pair.get(1)::equals).count(), pair.get(1));
      }
    }
  }
}
