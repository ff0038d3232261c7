package org.jtvmc.tests.kernels;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.compiler.pipeline.TaskExtraction;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.compiler.target.CpuModels;
import org.jtvmc.compiler.target.DeviceQuery;
import org.jtvmc.compiler.target.TargetParser;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.tuner.task.TuningTask;

/** The kernels of {@code examples/workloads}, for a processor that is the same on every machine. */
final class WorkloadKernels {
  private static final Path FOLDER = Path.of("..", "examples", "workloads");

  private WorkloadKernels() {}

  /** The files' names without their ending, in order. */
  static List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".relay"))
          .map(name -> name.substring(0, name.length() - ".relay".length()))
          .sorted()
          .toList();
    }
  }

  static Path file(String name) {
    return FOLDER.resolve(name + ".relay");
  }

  /** A workload's kernels, in the order in which they run. */
  static List<ComputeDag> of(String name) {
    ModelSource source = ModelSource.of(file(name).toString());
    var fused = GraphPipeline.standard().run(source.load(Map.of()));
    return TaskExtraction.tasks(fused).stream().map(TuningTask::dag).toList();
  }

  /** The kernel that does most of a workload's arithmetic. */
  static ComputeDag main(String name) {
    return of(name).stream().max(Comparator.comparingDouble(ComputeDag::flops)).orElseThrow();
  }

  /** Two cores with AVX-512, VNNI and AVX512-BF16, and caches of a common size. */
  static CpuTarget target(CpuTarget host) {
    var parser = new TargetParser(host, CpuModels.standard(), DeviceQuery.NONE);
    CpuTarget named = (CpuTarget) parser.parse("llvm -mcpu=znver4 -num-cores=2");
    return new CpuTarget(
        named.triple(), named.cpu(), named.features(), 2, CpuTarget.Caches.TYPICAL);
  }
}
