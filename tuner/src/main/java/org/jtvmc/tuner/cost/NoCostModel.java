package org.jtvmc.tuner.cost;

import java.util.List;
import org.jtvmc.tuner.feature.ProgramFeatures;

/** Learns nothing: a search under it relies on the draft model alone. */
public final class NoCostModel implements CostModel {

  @Override
  public void update(List<Sample> samples) {}

  @Override
  public double confidence(String group) {
    return 0;
  }

  @Override
  public double[] predict(List<ProgramFeatures> programs) {
    return new double[programs.size()];
  }

  @Override
  public void close() {}
}
