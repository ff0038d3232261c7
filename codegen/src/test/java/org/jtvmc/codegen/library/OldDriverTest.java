package org.jtvmc.codegen.library;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.jtvmc.codegen.cuda.Assembler;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.cuda.Launch.Argument;
import org.jtvmc.codegen.cuda.Launch.Extent;
import org.jtvmc.codegen.cuda.TensorBox;
import org.jtvmc.codegen.driver.CudaDriver;
import org.jtvmc.codegen.driver.CudaUnavailableException;
import org.jtvmc.codegen.driver.FakeCuda;
import org.jtvmc.codegen.load.LoadedLibrary;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Code that has a device copy parts of tensors by itself, on a driver that cannot map tensors. */
class OldDriverTest {
  private static final TensorBox ROWS =
      new TensorBox(4, List.of(64L, 32L), List.of(128L), List.of(8L, 32L), Optional.empty());
  private static final TensorBox PIXELS =
      new TensorBox(
          4,
          List.of(1L, 8L, 8L, 32L),
          List.of(8192L, 1024L, 128L),
          List.of(8L, 32L),
          Optional.of(new TensorBox.Window(List.of(-1L, -1L), List.of(-1L, -1L), List.of(1L, 1L))));

  private static final CudaTarget GPU = CudaTarget.typical(90).mostSpecific();
  private static final String PTX =
      """
      .version 8.0
      .target sm_90a
      .visible .entry fake_twice(.param .align 64 .b8 x[128], .param .u64 y) { ret; }
      """;

  @TempDir private Path folder;

  private static Launch launch(TensorBox box) {
    return new Launch(
        "fake_twice",
        new Extent(1, 1, 1),
        new Extent(32, 1, 1),
        0,
        List.of(new Argument.Map(new Argument.Input(0), box), new Argument.Output(0)));
  }

  private LoadedLibrary library(String name, TensorBox box) throws IOException {
    var type = TensorType.of(DType.F32, 64, 32);
    var weights = Files.write(folder.resolve(name + ".weights"), new byte[64]);
    var model =
        new ModelDescription(
            name,
            GPU.toString(),
            new TreeSet<>(),
            List.of(new TensorInfo("x", type, 16)),
            List.of(new TensorInfo("y", type, 16)),
            0,
            new WeightStorage.Embedded(weights),
            true,
            List.of());
    var kernel = new DeviceKernel("twice", PTX, List.of(launch(box)), 0);
    var call = new DeviceProgram.Call(kernel, 1, List.of(new Place.Io(0), new Place.Io(1)));
    var library = folder.resolve("lib" + name + ".so");
    ModelLibrary.write(model, DeviceProgram.of(GPU, List.of(call), Assembler.NONE), library);
    return new LoadedLibrary(library, name, 0, Optional.empty());
  }

  @Test
  void aLibrarySaysThatItIsTooOld() throws IOException {
    var fake = FakeCuda.build(folder, false);
    fake.configure("capability 90");
    // Libraries find the driver that is named there.
    environment(CudaDriver.LIBRARY_VARIABLE, fake.library().toString());
    try {
      for (var box : List.of(ROWS, PIXELS)) {
        String sentence =
            assertThrows(CudaUnavailableException.class, () -> library("old", box)).getMessage();
        assertEquals(
            "the NVIDIA driver is too old for a model compiled for \"cuda -arch=sm_90a\":"
                + " update it, or compile with -tma=0",
            sentence);
      }
    } finally {
      environment(CudaDriver.LIBRARY_VARIABLE, null);
    }
  }

  /** Sets a variable of this process for native code, or removes it. */
  private static void environment(String name, String value) {
    Linker linker = Linker.nativeLinker();
    String function = value == null ? "unsetenv" : "setenv";
    MemorySegment address = linker.defaultLookup().find(function).orElseThrow();
    try (var arena = Arena.ofConfined()) {
      MemorySegment key = arena.allocateFrom(name);
      int code =
          value == null
              ? (int)
                  linker
                      .downcallHandle(address, FunctionDescriptor.of(JAVA_INT, ADDRESS))
                      .invokeExact(key)
              : (int)
                  linker
                      .downcallHandle(
                          address, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT))
                      .invokeExact(key, arena.allocateFrom(value), 1);
      assertEquals(0, code);
    } catch (Throwable e) {
      throw new AssertionError(function, e);
    }
  }

  /** What a candidate of the tuner is launched by. */
  @Test
  void aLaunchSaysWhatTheDriverLacks() {
    var fake = FakeCuda.build(folder, false);
    fake.configure("capability 90");
    try (var driver = CudaDriver.open(fake.library().toString());
        var context = driver.device(0).open();
        var module = context.load(PTX.getBytes(UTF_8));
        var arena = Arena.ofConfined()) {
      var function = module.function("fake_twice", 0);
      assertLacks("cuTensorMapEncodeTiled", () -> function.bind(launch(ROWS), _ -> 4096, arena));
      assertLacks("cuTensorMapEncodeIm2col", () -> function.bind(launch(PIXELS), _ -> 4096, arena));
    }
  }

  private static void assertLacks(String name, Executable bind) {
    String sentence = assertThrows(CudaUnavailableException.class, bind).getMessage();
    assertTrue(
        sentence.endsWith("has no function %s: update the NVIDIA driver".formatted(name)),
        sentence);
  }

  @Test
  void aNewerOneMakesBothMaps() {
    var fake = FakeCuda.build(folder);
    fake.configure("capability 90");
    try (var driver = CudaDriver.open(fake.library().toString());
        var context = driver.device(0).open();
        var module = context.load(PTX.getBytes(UTF_8));
        var arena = Arena.ofConfined()) {
      fake.calls();
      var function = module.function("fake_twice", 0);
      function.bind(launch(ROWS), _ -> 4096, arena);
      function.bind(launch(PIXELS), _ -> 4096, arena);
      var maps = fake.calls().stream().filter(call -> call.startsWith("cuTensorMap")).toList();
      assertEquals(List.of("cuTensorMapEncodeTiled", "cuTensorMapEncodeIm2col"), maps);
    }
  }
}
