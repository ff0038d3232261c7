package org.jtvmc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.compiler.target.DriverQuery;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The CUDA program builds where there is nvcc, and its answers agree where there is a GPU. */
class CudaExampleTest {

  private record Output(String text, int code) {}

  private final CpuTarget host = HostCpu.detect().target();

  @TempDir Path folder;

  @Test
  void theProgramComparesGpuAndCpu() throws InterruptedException {
    var here = new DriverQuery().device();
    compile("on_gpu", here.orElse(CudaTarget.typical(80)));
    compile("on_cpu", host);
    var program = folder.resolve("compare").toString();

    var built =
        run(
            List.of(
                "nvcc",
                "-std=c++17",
                "-I" + folder.resolve("on_gpu"),
                "-I" + folder.resolve("on_cpu"),
                Path.of("cuda", "compare.cu").toString(),
                "-L" + folder.resolve("on_gpu"),
                "-lon_gpu",
                "-L" + folder.resolve("on_cpu"),
                "-lon_cpu",
                "-Xlinker",
                "-rpath=" + folder.resolve("on_gpu"),
                "-Xlinker",
                "-rpath=" + folder.resolve("on_cpu"),
                "-o",
                program));
    assertEquals(0, built.code(), built.text());
    var said = run(List.of(program));

    if (here.isPresent()) {
      assertEquals(0, said.code(), said.text());
    } else {
      assertEquals(2, said.code(), said.text());
      assertTrue(said.text().contains("NVIDIA driver"), said.text());
    }
  }

  private void compile(String name, Target target) {
    var options = CompileOptions.builder(name, target).build();
    new ArtifactCompiler(host, CompileListener.NONE)
        .compile(
            ModelSource.of(Path.of("workloads", "fused-dense-add-layer-norm.relay").toString()),
            options,
            folder.resolve(name));
  }

  /** Skips the test where there is no such program. */
  private static Output run(List<String> command) throws InterruptedException {
    try {
      var process = new ProcessBuilder(command).redirectErrorStream(true).start();
      var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Output(text, process.waitFor());
    } catch (IOException e) {
      return abort("there is no " + command.getFirst() + ": " + e.getMessage());
    }
  }
}
