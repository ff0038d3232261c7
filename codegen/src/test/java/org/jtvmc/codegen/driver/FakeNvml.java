package org.jtvmc.codegen.driver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jtvmc.codegen.CCompiler;

/** The stand-in for NVIDIA's management library ({@code fake_nvml.c}), built into a folder. */
final class FakeNvml {

  private final Path folder;

  private FakeNvml(Path folder) {
    this.folder = folder;
  }

  /**
   * Builds it; skips the test where there is no C compiler.
   *
   * @param tellsReasons false for a library that cannot tell what holds the clocks down
   */
  static FakeNvml build(Path folder, boolean tellsReasons) throws IOException {
    var fake = new FakeNvml(Files.createTempDirectory(folder, "nvml"));
    CCompiler.build(
        fake.library(),
        List.of(CCompiler.PROGRAMS.resolve("fake_nvml.c")),
        "-shared",
        "-fPIC",
        tellsReasons ? "-DTELLS_REASONS=1" : "-DTELLS_REASONS=0");
    return fake;
  }

  Path library() {
    return folder.resolve("libnvidia-ml.so.1");
  }

  /** What it is to say from now on; see the C file. */
  void configure(String... lines) throws IOException {
    Files.write(folder.resolve("fake_nvml.conf"), List.of(lines));
  }

  /** The functions called so far. */
  List<String> calls() throws IOException {
    return Files.readAllLines(folder.resolve("fake_nvml.log"));
  }
}
