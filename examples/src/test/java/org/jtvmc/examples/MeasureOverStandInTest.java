package org.jtvmc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code measure.sh} with the real program, over the stand-in for the CUDA driver: everything runs
 * to its end but the kernels themselves, whose answers are therefore wrong.
 */
class MeasureOverStandInTest {

  private static final Path DRIVER = Path.of("..", "codegen", "src", "test", "c", "fake_cuda.c");

  @TempDir Path folder;

  @Test
  void aKernelIsCompiledMeasuredAndReported() throws IOException, InterruptedException {
    var kit = new MeasureKit(folder);
    MeasureKit.requires("cc");
    var library = folder.resolve("libcuda.so.1");
    var built =
        new ProcessBuilder(
                "cc",
                "-std=gnu11",
                "-O1",
                "-shared",
                "-fPIC",
                "-pthread",
                "-o",
                library.toString(),
                DRIVER.toString())
            .inheritIO()
            .start();
    assertEquals(0, built.waitFor());
    Files.writeString(folder.resolve("fake_cuda.conf"), "capability 90\nfail load_cubin 209\n");
    kit.program(
        "jtvmc",
        "exec '%s/bin/java' --enable-native-access=ALL-UNNAMED -Xss16m -cp '%s' %s \"$@\"\n"
            .formatted(
                System.getProperty("java.home"),
                System.getProperty("java.class.path"),
                "org.jtvmc.compiler.cli.Main"));

    var outcome =
        kit.run(
            Map.of("JTVMC_LIBCUDA", library.toString()),
            "--stages",
            "kernels",
            "--only",
            "^kernels.softmax-8192x4096$");

    assertEquals(0, outcome.code(), outcome.said());
    assertEquals("ok", kit.status("library.softmax-8192x4096", "state"), outcome.said());
    assertEquals("ok", kit.status("kernels.softmax-8192x4096", "state"), outcome.said());
    var report = kit.report();
    assertTrue(report.contains("# jtvmc on Fake GPU"), report);
    assertTrue(report.contains("| softmax 8192×4096 | "), report);
  }
}
