package org.jtvmc.compiler.cli;

import java.nio.file.Path;
import java.util.TreeSet;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.ArtifactManifest;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.artifact.ManifestSchedules;
import org.jtvmc.compiler.onnx.GivenShapes;
import org.jtvmc.compiler.pipeline.CompiledModel;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;

/**
 * The kernels of an artifact, made again of its model by its own schedules: a library shows only
 * the whole.
 *
 * @param module as the model's file has it
 */
record RebuiltModel(IRModule module, CompiledModel model) {

  /**
   * @throws UsageException where the artifact leaves sizes open, or a run decides over them
   */
  static RebuiltModel of(ArtifactManifest manifest, Machine machine, Verb verb, Path scratch) {
    ArtifactManifest.Source from = manifest.source();
    GivenShapes shapes = from.shapes();
    if (shapes.isOpen()) {
      throw new UsageException(
          "%s leaves sizes open; its kernels are looked at one by one only where sizes are numbers: compile it again with numbers in --input-shapes"
              .formatted(manifest.name()));
    }
    if (manifest.goesInStages()) {
      throw new UsageException(
          "a run of %s decides over sizes or steps itself; its kernels are not looked at one by one"
              .formatted(manifest.name()));
    }
    IRModule module = verb.source(from).load(shapes);
    Target target =
        switch (machine.target(manifest.target(), manifest.numThreads())) {
          case CpuTarget named ->
              new CpuTarget(
                  named.triple(),
                  named.cpu(),
                  new TreeSet<>(manifest.cpuFeatures()),
                  named.cores(),
                  named.caches());
          case CudaTarget gpu -> gpu;
        };
    CompileOptions options =
        CompileOptions.builder(manifest.name(), target)
            .shapes(shapes)
            .schedules(new ManifestSchedules(manifest))
            .withoutPasses(from.disabledPasses())
            .externalWeights(true)
            .precision(from.precision())
            .build();
    CompiledModel model =
        new ArtifactCompiler(machine.host(), CompileListener.NONE)
            .kernels(module, options, scratch.resolve("rebuilt.weights"));
    return new RebuiltModel(module, model);
  }
}
