package org.jtvmc.examples.search;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.search.Observation;
import org.jtvmc.tuner.search.SearchContext;
import org.jtvmc.tuner.search.SearchStrategy;

/**
 * From the best to its neighbours, and somewhere else where they are used up: the smallest strategy
 * that searches. {@code tune --tuner org.jtvmc.examples.search.HillClimbing}
 */
public final class HillClimbing implements SearchStrategy {
  private final SearchContext context;
  private final Map<Candidate, Double> times = new HashMap<>();
  private final Set<Candidate> proposed = new HashSet<>();

  public HillClimbing(SearchContext context) {
    this.context = context;
  }

  @Override
  public List<Candidate> propose(int count, double progress) {
    List<Candidate> next = new ArrayList<>();
    consider(context.space().defaultCandidate(), count, next);
    times.entrySet().stream()
        .min(Map.Entry.comparingByValue())
        .ifPresent(
            best ->
                context
                    .space()
                    .neighbours(best.getKey())
                    .forEach(neighbour -> consider(neighbour, count, next)));
    for (int draw = 0; next.size() < count && draw < 64 * count; draw++) {
      consider(context.space().random(context.random()), count, next);
    }
    return next;
  }

  private void consider(Candidate candidate, int count, List<Candidate> next) {
    if (next.size() < count
        && proposed.add(candidate)
        && context.appraiser().appraise(candidate).isPresent()) {
      next.add(candidate);
    }
  }

  @Override
  public void observe(List<Observation> observations) {
    for (Observation seen : observations) {
      times.put(seen.candidate(), seen.timeMs());
      proposed.add(seen.candidate());
    }
  }
}
