package org.jtvmc.examples;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.run.FillMode;
import org.jtvmc.compiler.run.InputFiller;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.file.TemporaryFolder;
import org.jtvmc.ir.target.CpuTarget;

/** Compiles a model for this machine and runs it in the same process. */
public final class CompileAndRun {

  private CompileAndRun() {}

  /**
   * @param arguments the model: a file, or {@code zoo:NAME}
   */
  public static void main(String[] arguments) {
    String model = arguments.length > 0 ? arguments[0] : "zoo:ppocr-cls";
    try (TemporaryFolder folder = TemporaryFolder.create()) {
      for (NDArray output : run(model, folder.path())) {
        System.out.println(output.type() + ", beginning with " + output.getDouble(0));
      }
    }
  }

  /** The model's outputs for random inputs. */
  static List<NDArray> run(String model, Path folder) {
    ModelSource source = ModelSource.of(model);
    CpuTarget host = HostCpu.detect().target();
    CompileOptions options = CompileOptions.builder(source.name(), host).build();
    Artifact artifact =
        new ArtifactCompiler(host, CompileListener.NONE).compile(source, options, folder);
    try (ModelRunner runner = artifact.load(host.cores())) {
      InputFiller filler = new InputFiller(FillMode.RANDOM, 0, artifact.manifest().inputLimits());
      return runner.run(filler.fill(runner.inputs(), Map.of()));
    }
  }
}
