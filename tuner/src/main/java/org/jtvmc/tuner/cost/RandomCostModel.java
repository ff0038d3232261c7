package org.jtvmc.tuner.cost;

import java.util.List;
import java.util.SplittableRandom;
import org.jtvmc.tuner.feature.ProgramFeatures;

/** Guesses: the baseline that a model must beat. */
public final class RandomCostModel implements CostModel {
  private final SplittableRandom random;

  public RandomCostModel(long seed) {
    this.random = new SplittableRandom(seed);
  }

  @Override
  public void update(List<Sample> samples) {}

  @Override
  public double confidence(String group) {
    return 1;
  }

  @Override
  public double[] predict(List<ProgramFeatures> programs) {
    return programs.stream().mapToDouble(_ -> random.nextDouble()).toArray();
  }

  @Override
  public void close() {}
}
