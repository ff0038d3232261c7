package org.jtvmc.tuner.cost;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.tuner.feature.ProgramFeatures;

/**
 * Trees over the rows of all statements, trained with Ansor's pack-sum objective: the score of a
 * program is the sum over its statements, and the target is its throughput relative to the best of
 * its group.
 *
 * <p>Where there is a model trained in advance, it gives the first scores, and the trees learn what
 * it got wrong here: the more a group was measured, the less of it is left.
 *
 * <p>Parameters are Ansor's, but for these. Trees are shallower and are regularised less, which
 * ranks better where samples are tens and not thousands. Boosting starts at zero instead of a half
 * for each statement, so that programs of many statements are not fast by themselves. And a slow or
 * failed program keeps a small weight, so that the model learns where not to look.
 */
public final class XGBoostCostModel implements CostModel {
  private static final int ROUNDS = 120;
  private static final int DEPTH = 6;
  private static final double ETA = 0.2;
  private static final double LEAST_WEIGHT = 0.1;

  /** Below so many samples in all, trees only repeat what they saw. */
  private static final int LEAST_SAMPLES = 16;

  /** The samples of one group after which the model is trusted as much as the draft. */
  private static final double HALF_TRUST = 24;

  /** What the model trained in advance is trusted before anything was measured. */
  private static final double WARM_TRUST = 0.7;

  /** Training again is worth its time once the samples have grown by this factor. */
  private static final double GROWTH = 1.15;

  private final long seed;
  private final Optional<WarmStart> prior;
  private final List<Sample> samples = new ArrayList<>();
  private final Map<String, Integer> perGroup = new HashMap<>();
  private Optional<StatementTrees> trees = Optional.empty();
  private int trainedOn;

  /** A model that knows nothing yet. */
  public XGBoostCostModel(long seed) {
    this(seed, Optional.empty());
  }

  /**
   * A model that begins with what another knows.
   *
   * @param prior its scores are where the own trees begin
   */
  public XGBoostCostModel(long seed, Optional<WarmStart> prior) {
    this.seed = seed;
    this.prior = prior;
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
    double warm = prior.isPresent() ? WARM_TRUST : 0;
    if (trees.isEmpty()) {
      return warm;
    }
    double own = perGroup.getOrDefault(group, 0);
    return Math.max(warm, own / (own + HALF_TRUST));
  }

  @Override
  public double[] predict(List<ProgramFeatures> programs) {
    double[] scores = priorScores(programs);
    if (trees.isPresent()) {
      double[] learnt = trees.get().scores(programs);
      for (int p = 0; p < scores.length; p++) {
        scores[p] += learnt[p];
      }
    }
    return scores;
  }

  private double[] priorScores(List<ProgramFeatures> programs) {
    return prior.isPresent() && programs.stream().allMatch(WarmStart::fits)
        ? prior.get().scores(programs)
        : new double[programs.size()];
  }

  private void train() {
    List<ProgramFeatures> programs = samples.stream().map(Sample::features).toList();
    double[] targets = WarmStart.throughputs(samples);
    double[] weights = new double[targets.length];
    for (int k = 0; k < weights.length; k++) {
      weights[k] = Math.max(targets[k], LEAST_WEIGHT);
    }
    StatementTrees trained =
        StatementTrees.train(
            programs,
            targets,
            weights,
            priorScores(programs),
            new StatementTrees.Growth(ROUNDS, DEPTH, ETA, 1, seed));
    trees.ifPresent(StatementTrees::close);
    trees = Optional.of(trained);
    trainedOn = samples.size();
  }

  @Override
  public void close() {
    trees.ifPresent(StatementTrees::close);
    trees = Optional.empty();
  }
}
