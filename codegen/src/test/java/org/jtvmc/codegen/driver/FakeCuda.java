package org.jtvmc.codegen.driver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jtvmc.codegen.CCompiler;

/** The stand-in for the CUDA driver ({@code fake_cuda.c}), built into a folder of its own. */
public final class FakeCuda {

  /** A module with the kernels that it runs. */
  public static final String PTX =
      """
      .version 7.0
      .target sm_70
      .visible .entry fake_add(.param .u64 x, .param .u64 y, .param .u64 z) { ret; }
      .visible .entry fake_twice(.param .u64 x, .param .u64 y) { ret; }
      """;

  private final Path folder;

  private FakeCuda(Path folder) {
    this.folder = folder;
  }

  /** Builds it; skips the test where there is no C compiler. */
  public static FakeCuda build(Path folder) {
    return build(folder, true);
  }

  /**
   * Builds it as the other does.
   *
   * @param mapsTensors false for a driver before CUDA 12.0, which cannot; it is not found under the
   *     driver's usual name
   */
  public static FakeCuda build(Path folder, boolean mapsTensors) {
    try {
      var fake = new FakeCuda(Files.createTempDirectory(folder, "cuda"));
      CCompiler.build(
          fake.library(),
          List.of(CCompiler.PROGRAMS.resolve("fake_cuda.c")),
          "-shared",
          "-fPIC",
          "-pthread",
          mapsTensors ? "-DMAPS_TENSORS=1" : "-DMAPS_TENSORS=0",
          "-Wl,-soname," + (mapsTensors ? "libcuda.so.1" : "libcuda-old.so.1"));
      return fake;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Path library() {
    return folder.resolve("libcuda.so.1");
  }

  /** What it is to do from now on; see the C file. */
  public void configure(String... lines) {
    try {
      Files.write(folder.resolve("fake_cuda.conf"), List.of(lines));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The functions called since the last time. */
  public List<String> calls() {
    try {
      var log = folder.resolve("fake_cuda.log");
      var calls = Files.exists(log) ? Files.readAllLines(log) : List.<String>of();
      Files.deleteIfExists(log);
      return calls;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
