package org.jtvmc.tuner.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
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
  /** With its generations a few hundred candidates: milliseconds, and little more is found. */
  private static final int POPULATION = 48;

  private static final int FAVOURITES = 16;

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
      List<Candidate> candidates = new ArrayList<>();
      List<ProgramFeatures> programs = new ArrayList<>(List.of(reference.get().features()));
      for (Candidate favourite : new EvolutionarySearch(context).fittest(POPULATION, FAVOURITES)) {
        Optional<Appraisal> appraisal = appraiser.appraise(favourite);
        if (appraisal.isPresent() && appraisal.get().draftMs() <= reference.get().draftMs()) {
          candidates.add(favourite);
          programs.add(appraisal.get().features());
        }
      }
      double[] scores = ranking.predict(programs);
      int best = 0;
      for (int k = 1; k < scores.length; k++) {
        best = scores[k] > scores[best] ? k : best;
      }
      return best > 0 && scores[best] - scores[0] > model.margin()
          ? Optional.of(candidates.get(best - 1)).filter(chosen -> !chosen.equals(byDefault))
          : Optional.empty();
    }
  }

  /** The model has learnt from kernels of known sizes. */
  private static boolean isStatic(ComputeDag dag) {
    return Stream.concat(dag.inputs().stream(), dag.outputs().stream())
        .flatMap(tensor -> tensor.shape().stream())
        .allMatch(IntImm.class::isInstance);
  }
}
