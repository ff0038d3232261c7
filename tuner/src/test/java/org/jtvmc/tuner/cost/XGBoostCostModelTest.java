package org.jtvmc.tuner.cost;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.tuner.feature.ProgramFeatures;
import org.junit.jupiter.api.Test;

class XGBoostCostModelTest {
  private static final int COLUMNS = 20;
  private static final CpuTarget CPU =
      new CpuTarget(
          "x86_64-unknown-linux-gnu", "x86-64-v3", new TreeSet<>(), 2, CpuTarget.Caches.TYPICAL);

  /**
   * Programs of three statements that have column 7 in common; time grows with a product and a bad
   * stride hurts.
   */
  private static List<Sample> programs(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Sample> samples = new ArrayList<>();
    for (int p = 0; p < count; p++) {
      int rows = 3;
      float[] values = new float[rows * COLUMNS];
      double time = 0;
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < COLUMNS; c++) {
          values[r * COLUMNS + c] = (float) random.nextDouble();
        }
        values[r * COLUMNS + 7] = values[7];
        double stride = values[r * COLUMNS + 3] > 0.7 ? 3 : 1;
        time += (0.2 + values[r * COLUMNS] * values[r * COLUMNS + 1]) * stride;
      }
      samples.add(new Sample("g", new ProgramFeatures(COLUMNS, values), time));
    }
    return samples;
  }

  @Test
  void itRanksProgramsItHasNotSeen() {
    List<Sample> seen = programs(300, 1);
    List<Sample> unseen = programs(200, 2);
    try (XGBoostCostModel model = new XGBoostCostModel(3)) {
      assertEquals(0, model.confidence("g"));
      model.update(seen);
      assertTrue(model.confidence("g") > 0.9);
      assertEquals(0, model.confidence("other"));
      double accuracy = pairwiseAccuracy(model, unseen);
      assertTrue(accuracy > 0.8, "pairwise accuracy " + accuracy);
    }
    try (RandomCostModel guess = new RandomCostModel(3)) {
      assertTrue(pairwiseAccuracy(guess, unseen) < 0.6);
    }
  }

  @Test
  void theSameSeedGivesTheSamePredictions() {
    List<ProgramFeatures> probes = programs(20, 9).stream().map(Sample::features).toList();
    double[][] predictions = new double[2][];
    for (int run = 0; run < 2; run++) {
      try (XGBoostCostModel model = new XGBoostCostModel(3)) {
        model.update(programs(100, 1));
        predictions[run] = model.predict(probes);
      }
    }
    assertArrayEquals(predictions[0], predictions[1]);
  }

  @Test
  void failedProgramsAreLearntAsSlow() {
    List<Sample> samples = new ArrayList<>();
    for (Sample sample : programs(200, 5)) {
      boolean fails = sample.features().at(0, 7) > 0.5;
      samples.add(
          new Sample("g", sample.features(), fails ? Double.POSITIVE_INFINITY : sample.timeMs()));
    }
    try (XGBoostCostModel model = new XGBoostCostModel(3)) {
      model.update(samples);
      double good = 0;
      double bad = 0;
      List<Sample> probes = programs(200, 6);
      double[] scores = model.predict(probes.stream().map(Sample::features).toList());
      for (int p = 0; p < scores.length; p++) {
        if (probes.get(p).features().at(0, 7) > 0.5) {
          bad += scores[p];
        } else {
          good += scores[p];
        }
      }
      assertTrue(good > 2 * bad, good + " against " + bad);
    }
  }

  @Test
  void aModelIsFoundByNameOrClass() {
    for (String name : List.of("xgboost", "random", "none", NoCostModel.class.getName())) {
      CostModels.create(name, CPU, 1).close();
    }
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> CostModels.create("xgbost", CPU, 1));
    assertEquals(
        "there is no cost model 'xgbost': it is neither a known name nor a class on the class path",
        e.getMessage());
    e =
        assertThrows(
            IllegalArgumentException.class, () -> CostModels.create("java.lang.String", CPU, 1));
    assertTrue(e.getMessage().contains("no class that implements"), e.getMessage());
  }

  private static double pairwiseAccuracy(CostModel model, List<Sample> samples) {
    double[] scores = model.predict(samples.stream().map(Sample::features).toList());
    int right = 0;
    int pairs = 0;
    for (int a = 0; a < scores.length; a++) {
      for (int b = 0; b < a; b++) {
        boolean faster = samples.get(a).timeMs() < samples.get(b).timeMs();
        right += faster == scores[a] > scores[b] ? 1 : 0;
        pairs++;
      }
    }
    return (double) right / pairs;
  }
}
