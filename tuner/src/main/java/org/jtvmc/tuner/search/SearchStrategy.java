package org.jtvmc.tuner.search;

import java.util.List;

/**
 * Chooses the candidates of one task. Called from one thread.
 *
 * <p>To use an own one by its class name, give it a public constructor that takes a {@link
 * SearchContext}.
 */
public interface SearchStrategy {

  /**
   * The candidates to measure next: at most {@code count}, none that was proposed or observed
   * before. None at all where the space is exhausted.
   *
   * @param progress how much of the session's budget is spent, 0 to 1
   */
  List<Candidate> propose(int count, double progress);

  /**
   * Takes in measurements: those of proposed candidates, and at the start those of earlier
   * sessions.
   */
  void observe(List<Observation> observations);
}
