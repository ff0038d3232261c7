package org.jtvmc.tuner.cost;

import java.util.List;
import org.jtvmc.tuner.feature.ProgramFeatures;

/**
 * Learns from measured programs how fast others are. One model serves all tasks of a session; a
 * group is what is comparable, the programs of one task. Called from one thread.
 *
 * <p>A program is a row of features for each statement that stores ({@link ProgramFeatures}; the
 * columns are named by {@link org.jtvmc.tuner.draft.MachineFeatures#NAMES}): what it computes and
 * reads, how its loops run, and how it stands to the machine's resources.
 *
 * <p>To use an own one by its class name ({@code tune --cost-model CLASS}), give it a public
 * constructor with a {@code long} for the seed, or without parameters.
 */
public interface CostModel extends AutoCloseable {

  /**
   * Takes in newly measured programs; called after each round, so that it should take much less
   * time than measuring did.
   *
   * @param samples failed ones have an infinite time
   */
  void update(List<Sample> samples);

  /**
   * How far the predictions can be trusted for programs of {@code group}: 0 not at all (they are to
   * be ignored), 1 wholly.
   */
  double confidence(String group);

  /**
   * One score for each program, higher being faster. The scale is that of throughput relative to
   * the best of the group, about 0 to 1, as it is blended with the draft's by {@link #confidence}.
   * Called with thousands of programs a round, of one group, before anything was measured too.
   */
  double[] predict(List<ProgramFeatures> programs);

  /** Frees native memory. */
  @Override
  void close();
}
