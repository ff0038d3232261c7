package org.jtvmc.tuner.search;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/** Every point of the space in its order, after the default schedule. */
public final class GridSearch implements SearchStrategy {
  private final SearchContext context;
  private final Iterator<Candidate> points;
  private final Set<Candidate> seen = new HashSet<>();

  public GridSearch(SearchContext context) {
    this.context = context;
    this.points = context.space().enumerate().iterator();
  }

  @Override
  public List<Candidate> propose(int count, double progress) {
    List<Candidate> proposed = new ArrayList<>();
    consider(context.space().defaultCandidate(), proposed);
    while (proposed.size() < count && points.hasNext()) {
      consider(points.next(), proposed);
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
