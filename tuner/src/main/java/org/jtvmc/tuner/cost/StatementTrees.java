package org.jtvmc.tuner.cost;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.jtvmc.tuner.feature.ProgramFeatures;

/**
 * Gradient-boosted trees over the rows of statements, trained with Ansor's pack-sum objective: the
 * score of a program is the sum over its statements.
 */
final class StatementTrees implements AutoCloseable {
  private final Booster booster;

  private StatementTrees(Booster booster) {
    this.booster = booster;
  }

  /**
   * How trees are grown.
   *
   * @param rounds the number of trees
   * @param depth of a tree, at most
   * @param eta what a tree contributes of what it found
   * @param subsample the part of the rows that each tree sees
   * @param seed of all chance
   */
  record Growth(int rounds, int depth, double eta, double subsample, long seed) {

    private Map<String, Object> parameters() {
      Map<String, Object> parameters = new HashMap<>();
      parameters.put("max_depth", depth);
      parameters.put("lambda", 0.3);
      parameters.put("gamma", 0.001);
      parameters.put("min_child_weight", 0);
      parameters.put("eta", eta);
      parameters.put("subsample", subsample);
      parameters.put("base_score", 0.0);
      parameters.put("tree_method", "hist");
      parameters.put("max_bin", 64);
      parameters.put("objective", "reg:squarederror");
      parameters.put("disable_default_eval_metric", 1);
      parameters.put("seed", (int) seed);
      // Its threads wait for each other busily: on a machine with other work, one is faster.
      parameters.put("nthread", 1);
      parameters.put("verbosity", 0);
      return parameters;
    }
  }

  /**
   * Trains on programs.
   *
   * @param targets the score that each should have
   * @param weights what an error costs
   * @param prior what is added to the score of each, and not to be learnt again
   */
  static StatementTrees train(
      List<ProgramFeatures> programs,
      double[] targets,
      double[] weights,
      double[] prior,
      Growth growth) {
    try (Matrix matrix = Matrix.of(programs)) {
      Booster trained = XGBoost.train(matrix.data, growth.parameters(), 0, Map.of(), null, null);
      try {
        int rows = (int) matrix.data.rowNum();
        float[] gradient = new float[rows];
        float[] hessian = new float[rows];
        for (int round = 0; round < growth.rounds; round++) {
          float[][] scores = trained.predict(matrix.data, true);
          packedSum(programs, scores, targets, weights, prior, gradient, hessian);
          trained.boost(matrix.data, round, gradient, hessian);
        }
        return new StatementTrees(trained);
      } catch (XGBoostError e) {
        trained.dispose();
        throw e;
      }
    } catch (XGBoostError e) {
      throw new IllegalStateException("XGBoost cannot train: " + e.getMessage(), e);
    }
  }

  /**
   * Ansor's objective, half the weighted squares of what programs' scores are off, by the score of
   * each row: all rows of a program have its error.
   *
   * @param scores of the rows, program by program, in their first column
   * @param gradient is set, a number for each row
   * @param hessian is set, without what couples a program's rows
   */
  static void packedSum(
      List<ProgramFeatures> programs,
      float[][] scores,
      double[] targets,
      double[] weights,
      double[] prior,
      float[] gradient,
      float[] hessian) {
    int row = 0;
    for (int p = 0; p < targets.length; p++) {
      int end = row + programs.get(p).rows();
      double error = prior[p] - targets[p];
      for (int r = row; r < end; r++) {
        error += scores[r][0];
      }
      for (; row < end; row++) {
        gradient[row] = (float) (error * weights[p]);
        hessian[row] = (float) weights[p];
      }
    }
  }

  /**
   * The same trees, to be asked only.
   *
   * @param names of the columns that they were trained on
   */
  RegressionTrees grown(List<String> names) {
    try {
      return RegressionTrees.ofXGBoost(booster.toByteArray("json"), names);
    } catch (XGBoostError e) {
      throw new IllegalStateException("XGBoost cannot write: " + e.getMessage(), e);
    }
  }

  /** The score of each program. */
  double[] scores(List<ProgramFeatures> programs) {
    double[] scores = new double[programs.size()];
    if (programs.isEmpty()) {
      return scores;
    }
    try (Matrix matrix = Matrix.of(programs)) {
      float[][] rows = booster.predict(matrix.data, true);
      int row = 0;
      for (int p = 0; p < scores.length; p++) {
        for (int end = row + programs.get(p).rows(); row < end; row++) {
          scores[p] += rows[row][0];
        }
      }
      return scores;
    } catch (XGBoostError e) {
      throw new IllegalStateException("XGBoost cannot predict: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    booster.dispose();
  }

  /** The rows of some programs in native memory. */
  private record Matrix(DMatrix data) implements AutoCloseable {
    static Matrix of(List<ProgramFeatures> programs) throws XGBoostError {
      int columns = programs.getFirst().columns();
      int rows = programs.stream().mapToInt(ProgramFeatures::rows).sum();
      float[] values = new float[rows * columns];
      int offset = 0;
      for (ProgramFeatures program : programs) {
        program.copyTo(values, offset);
        offset += program.rows() * columns;
      }
      return new Matrix(new DMatrix(values, rows, columns, Float.NaN));
    }

    @Override
    public void close() {
      data.dispose();
    }
  }
}
