package org.jtvmc.compiler.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tuner.task.TuningTask;
import org.junit.jupiter.api.Test;

class PredictedSchedulesTest {
  private static final CpuTarget CPU =
      new CpuTarget(
          "x86_64-unknown-linux-gnu",
          "x86-64-v3",
          new TreeSet<>(List.of("avx", "avx2", "fma")),
          2,
          CpuTarget.Caches.TYPICAL);

  private static ComputeDag pooling(int channels, int size) {
    return kernel(
        """
        def @main(%%x: Tensor[(1, %1$d, %2$d, %2$d), float32])
            -> Tensor[(1, %1$d, %3$d, %3$d), float32] {
          nn.max_pool(%%x, pool_size=[3, 3], strides=[2, 2], padding=[1, 1, 1, 1])
        }
        """
            .formatted(channels, size, size / 2));
  }

  private static ComputeDag transpose(int count, int rows, int columns) {
    return kernel(
        """
        def @main(%%x: Tensor[(%1$d, %2$d, %3$d), float32])
            -> Tensor[(%1$d, %3$d, %2$d), float32] {
          transpose(%%x, axes=[0, 2, 1])
        }
        """
            .formatted(count, rows, columns));
  }

  private static ComputeDag kernel(String module) {
    return TaskExtraction.tasks(
            GraphPipeline.standard()
                .run(ModuleText.parse(module, OperatorRegistry.standard()::find)))
        .stream()
        .map(TuningTask::dag)
        .findFirst()
        .orElseThrow();
  }

  private static List<ComputeDag> kernels() {
    return List.of(
        pooling(16, 32),
        pooling(96, 112),
        transpose(12, 256, 12),
        transpose(12, 32, 32),
        transpose(6, 1024, 8),
        transpose(2, 64, 49));
  }

  @Test
  void theSameKernelGetsTheSameScheduleWhichIsNotTheDefaultOne() {
    PredictedSchedules one = new PredictedSchedules();
    PredictedSchedules other = new PredictedSchedules();
    int predicted = 0;
    for (ComputeDag dag : kernels()) {
      Optional<ScheduleSource.Known> known = one.find(dag, CPU);
      assertEquals(known, other.find(dag, CPU));
      if (known.isPresent()) {
        predicted++;
        assertEquals(KernelBuild.Origin.PREDICTED, known.get().origin());
        Schedule schedule = Schedule.replay(dag, known.get().steps());
        assertNotEquals(
            DesignSpace.of(dag, CPU).defaultCandidate().schedule().steps(), schedule.steps());
      }
    }
    assertTrue(predicted > 0, "the model is never sure");
  }

  @Test
  void itSaysNothingOfGpusOnWhichItWasNotTrained() {
    PredictedSchedules schedules = new PredictedSchedules();
    for (ComputeDag dag : kernels()) {
      assertEquals(Optional.empty(), schedules.find(dag, CudaTarget.typical(80)));
    }
  }

  @Test
  void recordsComeFirst() {
    ComputeDag dag = pooling(16, 32);
    ScheduleSource.Known tuned = new ScheduleSource.Known(List.of(), KernelBuild.Origin.TUNED);
    ScheduleSource first = (_, _) -> Optional.of(tuned);
    assertEquals(Optional.of(tuned), first.orElse(new PredictedSchedules()).find(dag, CPU));
    assertEquals(Optional.of(tuned), ScheduleSource.NONE.orElse(first).find(dag, CPU));
  }
}
