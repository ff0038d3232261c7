package org.jtvmc.tuner.search;

import java.util.List;

/**
 * Chooses the candidates of one task. Called from one thread, in turn: {@link #observe} with what
 * earlier sessions measured (maybe nothing), then {@link #propose} and {@link #observe} for each
 * round, until the budget is spent or nothing is proposed. Several tasks of a session each have a
 * strategy of their own.
 *
 * <p>To use an own one by its class name ({@code tune --tuner CLASS}), give it a public constructor
 * that takes a {@link SearchContext}. Whatever is random should come from its source of chance
 * alone, so that the seed repeats the search. Results are checked, recorded and compared outside;
 * an exception ends the search of this task and of no other.
 */
public interface SearchStrategy {

  /**
   * The candidates to measure next: at most {@code count}, none that was proposed or observed
   * before, and none that the appraiser rejects. None at all where the space is exhausted: then the
   * task gets no more rounds. The first of a session should be the space's default, which nothing
   * may fall behind.
   *
   * @param count the size of the round, 1 to about 10
   * @param progress how much of the session's budget is spent, 0 to 1
   */
  List<Candidate> propose(int count, double progress);

  /**
   * Takes in measurements: those of all proposed candidates of a round, failures included (their
   * time is infinite), and at the start those of earlier sessions. The cost model learns from them
   * too, without the strategy's doing.
   */
  void observe(List<Observation> observations);
}
