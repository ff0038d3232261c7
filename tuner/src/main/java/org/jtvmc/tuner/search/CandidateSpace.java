package org.jtvmc.tuner.search;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * The schedules that a search may choose from. The same state of {@code random} gives the same
 * candidate. Called from several threads at once.
 */
public interface CandidateSpace {

  /** The built-in schedule: what is used where nothing was tuned, and the first to be measured. */
  Candidate defaultCandidate();

  /** Any point of the space. */
  Candidate random(RandomGenerator random);

  /** A point near {@code parent}, with one decision changed. */
  Candidate mutate(Candidate parent, RandomGenerator random);

  /** A point with decisions of both; empty where they do not go together. */
  Optional<Candidate> crossover(Candidate left, Candidate right, RandomGenerator random);

  /** All points that differ in one decision by one notch. */
  List<Candidate> neighbours(Candidate candidate);

  /** The point that these decisions of an earlier session lead to. */
  Candidate replay(Map<String, String> decisions);

  /** Every point once, in a fixed order; made as they are taken. */
  Stream<Candidate> enumerate();
}
