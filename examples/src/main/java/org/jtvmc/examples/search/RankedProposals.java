package org.jtvmc.examples.search;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jtvmc.tuner.search.Appraisal;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.search.Observation;
import org.jtvmc.tuner.search.SearchContext;
import org.jtvmc.tuner.search.SearchStrategy;

/**
 * Takes many candidates of another strategy for each that is wanted, and proposes those that the
 * models take for the fastest: the learnt one as far as it is confident, the draft for the rest.
 */
class RankedProposals implements SearchStrategy {
  /** More than evolution looks at in one generation. */
  private static final int POOL_PER_TRIAL = 24;

  private final SearchStrategy source;
  private final SearchContext context;
  private boolean begun;

  RankedProposals(SearchStrategy source, SearchContext context) {
    this.source = source;
    this.context = context;
  }

  @Override
  public List<Candidate> propose(int count, double progress) {
    List<Candidate> pool = source.propose(count * POOL_PER_TRIAL, progress);
    List<Candidate> chosen = new ArrayList<>();
    if (!begun && !pool.isEmpty()) {
      // The first of every strategy is the default schedule.
      chosen.add(pool.getFirst());
      begun = true;
    }
    fastestFirst(pool).stream()
        .filter(candidate -> !chosen.contains(candidate))
        .limit(count - chosen.size())
        .forEach(chosen::add);
    return chosen;
  }

  private List<Candidate> fastestFirst(List<Candidate> pool) {
    List<Candidate> known = new ArrayList<>();
    List<Appraisal> appraisals = new ArrayList<>();
    List<Optional<Appraisal>> looked =
        pool.parallelStream().map(context.appraiser()::appraise).toList();
    for (int k = 0; k < pool.size(); k++) {
      if (looked.get(k).isPresent()) {
        known.add(pool.get(k));
        appraisals.add(looked.get(k).get());
      }
    }
    double trust = context.costModel().confidence(context.group());
    double[] scores =
        context.costModel().predict(appraisals.stream().map(Appraisal::features).toList());
    double least = appraisals.stream().mapToDouble(Appraisal::draftMs).min().orElse(1);
    for (int k = 0; k < scores.length; k++) {
      double draft = least / appraisals.get(k).draftMs();
      scores[k] = trust * scores[k] + (1 - trust) * (Double.isNaN(draft) ? 0 : draft);
    }
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted(Comparator.comparingDouble(k -> -scores[k]))
        .map(known::get)
        .toList();
  }

  @Override
  public void observe(List<Observation> observations) {
    source.observe(observations);
  }
}
