package org.jtvmc.tuner.cost;

import java.util.List;
import org.jtvmc.tuner.feature.ProgramFeatures;

/**
 * Learns from measured programs how fast others are. One model serves all tasks of a session.
 *
 * <p>To use an own one by its class name, give it a public constructor without parameters, or one
 * with a {@code long} for the seed.
 */
public interface CostModel extends AutoCloseable {

  /** Takes in newly measured programs. */
  void update(List<Sample> samples);

  /**
   * How far the predictions can be trusted for programs of {@code group}: 0 not at all (they are to
   * be ignored), 1 wholly.
   */
  double confidence(String group);

  /**
   * One score for each program, higher being faster. The scale is that of throughput relative to
   * the best of the group: about 0 to 1.
   */
  double[] predict(List<ProgramFeatures> programs);

  /** Frees native memory. */
  @Override
  void close();
}
