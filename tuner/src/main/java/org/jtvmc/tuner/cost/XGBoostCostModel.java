package org.jtvmc.tuner.cost;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.jtvmc.tuner.feature.ProgramFeatures;

/**
 * Gradient-boosted trees over the rows of all statements, trained with Ansor's pack-sum objective:
 * the score of a program is the sum over its statements, and the target is its throughput relative
 * to the best of its group.
 *
 * <p>Parameters are Ansor's, but for these. Trees are shallower and are regularised less, which
 * ranks better where samples are tens and not thousands. Boosting starts at zero instead of a half
 * for each statement, so that programs of many statements are not fast by themselves. And a slow or
 * failed program keeps a small weight, so that the model learns where not to look.
 */
public final class XGBoostCostModel implements CostModel {
  private static final int ROUNDS = 120;
  private static final double LEAST_WEIGHT = 0.1;

  /** Below so many samples in all, trees only repeat what they saw. */
  private static final int LEAST_SAMPLES = 16;

  /** The samples of one group after which the model is trusted as much as the draft. */
  private static final double HALF_TRUST = 24;

  /** Training again is worth its time once the samples have grown by this factor. */
  private static final double GROWTH = 1.15;

  private final Map<String, Object> parameters;
  private final List<Sample> samples = new ArrayList<>();
  private final Map<String, Integer> perGroup = new HashMap<>();
  private Booster booster;
  private int trainedOn;

  public XGBoostCostModel(long seed) {
    this.parameters = new HashMap<>();
    parameters.put("max_depth", 6);
    parameters.put("lambda", 0.3);
    parameters.put("gamma", 0.001);
    parameters.put("min_child_weight", 0);
    parameters.put("eta", 0.2);
    parameters.put("base_score", 0.0);
    parameters.put("tree_method", "hist");
    parameters.put("max_bin", 64);
    parameters.put("objective", "reg:squarederror");
    parameters.put("disable_default_eval_metric", 1);
    parameters.put("seed", (int) seed);
    // Its threads wait for each other busily: on a machine with other work, one is faster than two.
    parameters.put("nthread", 1);
    parameters.put("verbosity", 0);
  }

  @Override
  public void update(List<Sample> measured) {
    samples.addAll(measured);
    measured.forEach(sample -> perGroup.merge(sample.group(), 1, Integer::sum));
    if (samples.size() >= LEAST_SAMPLES && samples.size() >= trainedOn * GROWTH) {
      train();
    }
  }

  @Override
  public double confidence(String group) {
    if (booster == null) {
      return 0;
    }
    double own = perGroup.getOrDefault(group, 0);
    return own / (own + HALF_TRUST);
  }

  @Override
  public double[] predict(List<ProgramFeatures> programs) {
    double[] scores = new double[programs.size()];
    if (booster == null || programs.isEmpty()) {
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

  private void train() {
    double[] targets = targets();
    try (Matrix matrix = Matrix.of(samples.stream().map(Sample::features).toList())) {
      Booster trained = XGBoost.train(matrix.data, parameters, 0, Map.of(), null, null);
      try {
        int rows = (int) matrix.data.rowNum();
        float[] gradient = new float[rows];
        float[] hessian = new float[rows];
        for (int round = 0; round < ROUNDS; round++) {
          packSum(trained.predict(matrix.data, true), targets, gradient, hessian);
          trained.boost(matrix.data, round, gradient, hessian);
        }
      } catch (XGBoostError e) {
        trained.dispose();
        throw e;
      }
      close();
      booster = trained;
      trainedOn = samples.size();
    } catch (XGBoostError e) {
      throw new IllegalStateException("XGBoost cannot train: " + e.getMessage(), e);
    }
  }

  /** Each sample's throughput relative to the best of its group; 0 where it failed. */
  private double[] targets() {
    Map<String, Double> best = new HashMap<>();
    samples.forEach(sample -> best.merge(sample.group(), sample.timeMs(), Math::min));
    return samples.stream()
        .mapToDouble(s -> s.failed() ? 0 : best.get(s.group()) / s.timeMs())
        .toArray();
  }

  private void packSum(float[][] predictions, double[] targets, float[] gradient, float[] hessian) {
    int row = 0;
    for (int p = 0; p < targets.length; p++) {
      int end = row + samples.get(p).features().rows();
      double sum = 0;
      for (int r = row; r < end; r++) {
        sum += predictions[r][0];
      }
      double weight = Math.max(targets[p], LEAST_WEIGHT);
      for (; row < end; row++) {
        gradient[row] = (float) ((sum - targets[p]) * weight);
        hessian[row] = (float) weight;
      }
    }
  }

  @Override
  public void close() {
    if (booster != null) {
      booster.dispose();
      booster = null;
    }
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
