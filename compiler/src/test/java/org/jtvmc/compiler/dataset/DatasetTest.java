package org.jtvmc.compiler.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.tuner.cost.Sample;
import org.jtvmc.tuner.measure.worker.WorkerOptions;
import org.jtvmc.tuner.session.LocalWorkbench;
import org.jtvmc.tuner.session.Workbench;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetTest {

  @Test
  void everyDrawnWorkloadIsAKernelAndTheSameAgain() {
    Set<String> families = new HashSet<>();
    for (long seed = 0; seed < 240; seed++) {
      Workload workload = WorkloadFamilies.draw(new SplittableRandom(seed));
      families.add(workload.family());
      assertTrue(
          DatasetGenerator.main(workload).flops() <= 5e8, () -> "large: " + workload.module());
      assertEquals(workload, WorkloadFamilies.draw(new SplittableRandom(seed)));
    }
    assertEquals(17, families.size(), families::toString);
  }

  @Test
  void whatIsWrittenIsReadAndATornLineIsSkipped(@TempDir Path folder) throws IOException {
    Path path = folder.resolve("set.jsonl");
    CpuTarget target = HostCpu.detect().target();
    Workload workload = WorkloadFamilies.draw(new SplittableRandom(1));
    DatasetFile file = new DatasetFile(path);
    file.append(4, workload, target, true);
    DatasetFile.Sample right = new DatasetFile.Sample("[]", Proposer.MODEL, 0.25);
    DatasetFile.Sample failed =
        new DatasetFile.Sample("[]", Proposer.RANDOM, Double.POSITIVE_INFINITY);
    file.append(4, List.of(right, failed));
    Files.writeString(path, "{\"v\":1,\"kernel\":4,\"ste", StandardOpenOption.APPEND);
    file.append(4, List.of(right));
    assertEquals(
        List.of(new DatasetFile.Kernel(4, workload, target, List.of(right, failed, right))),
        file.read());
  }

  @Test
  void aDataSetGoesOnWhereItEndedAndItsProgramsCanBeLearntFrom(@TempDir Path folder) {
    CpuTarget target = HostCpu.detect().target().withCores(1);
    DatasetFile file = new DatasetFile(folder.resolve("set.jsonl"));
    try (Workbench workbench = new LocalWorkbench(target, WorkerOptions.standard())) {
      for (int kernels : new int[] {1, 2}) {
        var options = new DatasetGenerator.Options(kernels, 14, 3, Optional.empty(), false);
        var generator = new DatasetGenerator(target, workbench, options, _ -> {});
        assertEquals(1, generator.generate(file).kernels());
      }
    }
    Set<Proposer> proposers = EnumSet.noneOf(Proposer.class);
    for (DatasetFile.Kernel kernel : file.read()) {
      kernel.samples().forEach(sample -> proposers.add(sample.by()));
      List<Sample> samples = MeasuredPrograms.of(kernel).samples();
      assertEquals(kernel.samples().size(), samples.size());
      assertTrue(samples.stream().allMatch(sample -> sample.timeMs() > 0));
    }
    assertEquals(EnumSet.allOf(Proposer.class), proposers);
  }
}
