package org.jtvmc.tuner.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jtvmc.tuner.feature.ProgramFeatures;
import org.junit.jupiter.api.Test;

/** Trees that are asked without XGBoost say what XGBoost says. */
class RegressionTreesTest {
  private static final List<String> NAMES = List.of("a", "b", "c", "d");

  private static List<ProgramFeatures> programs(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<ProgramFeatures> programs = new ArrayList<>();
    for (int p = 0; p < count; p++) {
      float[] values = new float[NAMES.size() * (1 + random.nextInt(3))];
      for (int k = 0; k < values.length; k++) {
        values[k] = (float) random.nextDouble();
      }
      programs.add(new ProgramFeatures(NAMES.size(), values));
    }
    return programs;
  }

  private static StatementTrees trained() {
    List<ProgramFeatures> programs = programs(200, 1);
    double[] targets = programs.stream().mapToDouble(p -> p.at(0, 1) > 0.4 ? 1 : 0.2).toArray();
    double[] ones = new double[targets.length];
    java.util.Arrays.fill(ones, 1);
    return StatementTrees.train(
        programs,
        targets,
        ones,
        new double[targets.length],
        new StatementTrees.Growth(30, 4, 0.2, 1, 5));
  }

  @Test
  void theyAgreeWithXGBoostAfterBeingWrittenAndRead() throws IOException {
    try (StatementTrees xgboost = trained()) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      xgboost.grown(NAMES).write(new DataOutputStream(bytes));
      RegressionTrees trees =
          RegressionTrees.read(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
      assertEquals(NAMES, trees.names());
      List<ProgramFeatures> probes = programs(100, 2);
      double[] expected = xgboost.scores(probes);
      for (int p = 0; p < expected.length; p++) {
        assertEquals(expected[p], trees.score(probes.get(p)), 1e-5);
      }
    }
  }

  @Test
  void columnsAreFoundByTheirNames() {
    try (StatementTrees xgboost = trained()) {
      RegressionTrees trees = xgboost.grown(NAMES);
      RegressionTrees moved = trees.forColumns(List.of("more", "d", "c", "b", "a"));
      for (ProgramFeatures probe : programs(20, 3)) {
        float[] values = new float[probe.rows() * 5];
        for (int row = 0; row < probe.rows(); row++) {
          for (int column = 0; column < 4; column++) {
            values[row * 5 + 4 - column] = probe.at(row, column);
          }
        }
        assertEquals(trees.score(probe), moved.score(new ProgramFeatures(5, values)));
      }
      assertThrows(IllegalArgumentException.class, () -> trees.forColumns(List.of("a", "c", "d")));
    }
  }
}
