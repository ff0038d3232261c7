package org.jtvmc.tuner.cost;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.jtvmc.tuner.feature.ProgramFeatures;
import org.junit.jupiter.api.Test;

/** The objective for a program of two statements and one of a single statement. */
class StatementTreesTest {
  private static final List<ProgramFeatures> PROGRAMS =
      List.of(new ProgramFeatures(1, new float[2]), new ProgramFeatures(1, new float[1]));
  private static final double[] TARGETS = {1, 0.25};
  private static final double[] WEIGHTS = {1, 0.25};
  private static final double[] PRIOR = {0, 0.1};

  private final float[] gradient = new float[3];
  private final float[] hessian = new float[3];

  private void objective(float... scores) {
    float[][] rows = {{scores[0]}, {scores[1]}, {scores[2]}};
    StatementTrees.packedSum(PROGRAMS, rows, TARGETS, WEIGHTS, PRIOR, gradient, hessian);
  }

  @Test
  void allRowsOfAProgramHaveTheErrorOfTheirSumByItsWeight() {
    objective(0.1f, 0.2f, 0.5f);
    // 0.1 + 0.2 - 1, and a quarter of 0.1 + 0.5 - 0.25.
    assertArrayEquals(new float[] {-0.7f, -0.7f, 0.0875f}, gradient, 1e-6f);
    assertArrayEquals(new float[] {1, 1, 0.25f}, hessian);
  }

  @Test
  void itIsTheGradientOfTheWeightedSquares() {
    float[] at = {0.4f, -0.3f, 0.9f};
    for (int row = 0; row < at.length; row++) {
      double step = 1e-3;
      double slope = (loss(at, row, step) - loss(at, row, -step)) / (2 * step);
      objective(at);
      assertEquals(slope, gradient[row], 1e-5);
    }
  }

  private static double loss(float[] scores, int moved, double by) {
    double[] s = {scores[0], scores[1], scores[2]};
    s[moved] += by;
    double first = PRIOR[0] + s[0] + s[1] - TARGETS[0];
    double second = PRIOR[1] + s[2] - TARGETS[1];
    return (WEIGHTS[0] * first * first + WEIGHTS[1] * second * second) / 2;
  }
}
