package org.jtvmc.compiler.artifact;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.compiler.pipeline.KernelBuild;
import org.jtvmc.compiler.pipeline.ScheduleSource;
import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.step.StepCodec;

/** The schedules of an artifact's own kernels, by which they can be made again. */
public final class ManifestSchedules implements ScheduleSource {

  private final Map<String, Known> byWorkload = new HashMap<>();

  public ManifestSchedules(ArtifactManifest manifest) {
    manifest
        .kernels()
        .forEach(
            kernel ->
                byWorkload.put(
                    kernel.workload(),
                    new Known(
                        StepCodec.fromJson(kernel.steps()),
                        KernelBuild.Origin.valueOf(kernel.schedule().toUpperCase(Locale.ROOT)))));
  }

  @Override
  public Optional<Known> find(ComputeDag dag, Target target) {
    return Optional.ofNullable(byWorkload.get(dag.workloadHash()));
  }
}
