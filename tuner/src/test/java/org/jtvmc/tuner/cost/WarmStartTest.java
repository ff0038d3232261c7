package org.jtvmc.tuner.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.TreeSet;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.junit.jupiter.api.Test;

class WarmStartTest {

  /** The shipped trees ask for columns that there are, and only CPUs begin with them. */
  @Test
  void tuningForACpuBeginsWithWhatIsShippedAndTuningForAGpuWithNothing() {
    assertTrue(WarmStart.shipped().isPresent());
    CpuTarget cpu =
        new CpuTarget(
            "x86_64-unknown-linux-gnu", "x86-64-v3", new TreeSet<>(), 2, CpuTarget.Caches.TYPICAL);
    try (CostModel forCpu = CostModels.create("xgboost", cpu, 1);
        CostModel cold = CostModels.create("xgboost-cold", cpu, 1);
        CostModel forGpu = CostModels.create("xgboost", CudaTarget.typical(80), 1)) {
      assertTrue(forCpu.confidence("any") > 0.5);
      assertEquals(0, cold.confidence("any"));
      assertEquals(0, forGpu.confidence("any"), "a GPU's candidates are drafted, not guessed");
    }
  }
}
