package org.jtvmc.tuner.search;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Points drawn from the space at random, after the default schedule. */
public final class RandomSearch implements SearchStrategy {
  /** Draws for each candidate before a space counts as exhausted. */
  private static final int PATIENCE = 64;

  private final SearchContext context;
  private final Set<Candidate> seen = new HashSet<>();

  public RandomSearch(SearchContext context) {
    this.context = context;
  }

  @Override
  public List<Candidate> propose(int count, double progress) {
    List<Candidate> proposed = new ArrayList<>();
    consider(context.space().defaultCandidate(), proposed);
    for (int draw = 0; draw < count * PATIENCE && proposed.size() < count; draw++) {
      consider(context.space().random(context.random()), proposed);
    }
    return proposed;
  }

  private void consider(Candidate candidate, List<Candidate> proposed) {
    if (seen.add(candidate) && context.appraiser().appraise(candidate).isPresent()) {
      proposed.add(candidate);
    }
  }

  @Override
  public void observe(List<Observation> observations) {
    observations.forEach(observation -> seen.add(observation.candidate()));
  }
}
