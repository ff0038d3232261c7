package org.jtvmc.tuner.search;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tuner.cost.CostModel;
import org.jtvmc.tuner.cost.WarmStart;
import org.jtvmc.tuner.cost.XGBoostCostModel;
import org.jtvmc.tuner.feature.ProgramFeatures;

/**
 * Finds a schedule that is faster than the default one without running any: some generations of
 * candidates, the first of which are near the default schedule or random, are drafted and ranked by
 * a model that was trained in advance. Its favourite of those that the draft does not take for
 * slower than the default schedule is taken where it is ahead of that by more than the model was
 * found to err, on kernels that it had not seen. The same kernel and target give the same schedule.
 */
public final class SchedulePredictor {
  /** A look at some tens of candidates shows of most kernels that nothing is ahead. */
  private static final int FIRST_POPULATION = 16;

  /** With its generations a few hundred candidates: milliseconds, and little more is found. */
  private static final int POPULATION = 48;

  private static final int FAVOURITES = 8;

  private final WarmStart model;

  public SchedulePredictor(WarmStart model) {
    this.model = model;
  }

  /** The schedule that is expected to be faster than the default one; empty where none is. */
  public Optional<Candidate> betterThanDefault(ComputeDag dag, CpuTarget target) {
    if (!isStatic(dag)) {
      return Optional.empty();
    }
    CandidateSpace space = new ScheduleSpace(DesignSpace.of(dag, target));
    Appraiser appraiser = new LoopAppraiser(dag, target);
    Candidate byDefault = space.defaultCandidate();
    Optional<Appraisal> reference = appraiser.appraise(byDefault);
    if (reference.isEmpty()) {
      return Optional.empty();
    }
    String group = dag.workloadHash();
    try (CostModel ranking = new XGBoostCostModel(0, Optional.of(model))) {
      SplittableRandom random = new SplittableRandom(group.hashCode());
      SearchContext context = new SearchContext(group, space, appraiser, ranking, random);
      EvolutionarySearch search = new EvolutionarySearch(context);
      Optional<Lead> best =
          best(context, search.fittest(FIRST_POPULATION, FAVOURITES), reference.get());
      if (best.filter(first -> first.score() > model.margin() / 2).isPresent()) {
        best = best(context, search.fittest(POPULATION, FAVOURITES), reference.get());
      }
      return best.filter(lead -> lead.score() > model.margin())
          .map(Lead::candidate)
          .filter(chosen -> !chosen.equals(byDefault));
    }
  }

  /** A candidate, and by how much its score is ahead of the default schedule's. */
  private record Lead(Candidate candidate, double score) {}

  /** The one that is ahead most, of those that the draft does not take for slower. */
  private static Optional<Lead> best(
      SearchContext context, List<Candidate> favourites, Appraisal reference) {
    List<Candidate> candidates = new ArrayList<>();
    List<ProgramFeatures> programs = new ArrayList<>(List.of(reference.features()));
    for (Candidate favourite : favourites) {
      Optional<Appraisal> appraisal = context.appraiser().appraise(favourite);
      if (appraisal.isPresent() && appraisal.get().draftMs() <= reference.draftMs()) {
        candidates.add(favourite);
        programs.add(appraisal.get().features());
      }
    }
    double[] scores = context.costModel().predict(programs);
    return IntStream.range(0, candidates.size())
        .mapToObj(k -> new Lead(candidates.get(k), scores[k + 1] - scores[0]))
        .max(Comparator.comparingDouble(Lead::score));
  }

  /** The model has learnt from kernels of known sizes. */
  private static boolean isStatic(ComputeDag dag) {
    return Stream.concat(dag.inputs().stream(), dag.outputs().stream())
        .flatMap(tensor -> tensor.shape().stream())
        .allMatch(IntImm.class::isInstance);
  }
}
