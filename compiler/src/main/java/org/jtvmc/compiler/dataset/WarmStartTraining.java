package org.jtvmc.compiler.dataset;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jtvmc.tuner.cost.RankingQuality;
import org.jtvmc.tuner.cost.Sample;
import org.jtvmc.tuner.cost.WarmStart;

/**
 * Trains the model that the tuner begins with, and says how good it is for kernels that it has not
 * seen: the kernels are dealt into {@link #FOLDS} parts, and each part is predicted by a model that
 * was trained on the others. Equal computations go to the same part.
 */
public final class WarmStartTraining {
  /** How many parts there are. */
  public static final int FOLDS = 5;

  /** A kernel with fewer schedules has no order to speak of. */
  private static final int LEAST_SCHEDULES = 10;

  /** With fewer there is nothing to learn. */
  private static final int LEAST_TO_LEARN = 2;

  private final List<MeasuredPrograms> kernels;
  private final long seed;

  /**
   * What the held-out predictions were worth.
   *
   * @param model of the trees, over all kernels
   * @param draft of the hardware model, for comparison
   * @param byFamily of the trees, by the kind of operator
   * @param untuned of the trees where nothing is measured
   */
  public record Quality(
      RankingQuality model,
      RankingQuality draft,
      Map<String, RankingQuality> byFamily,
      UntunedQuality untuned) {}

  private WarmStartTraining(List<MeasuredPrograms> kernels, long seed) {
    this.kernels = kernels;
    this.seed = seed;
  }

  /**
   * Training on a data set.
   *
   * @throws IllegalArgumentException where it has too few kernels
   */
  public static WarmStartTraining on(DatasetFile file, long seed) {
    List<MeasuredPrograms> kernels =
        file.read().stream()
            .map(MeasuredPrograms::of)
            .filter(kernel -> kernel.samples().size() >= LEAST_TO_LEARN)
            .toList();
    if (kernels.stream().filter(WarmStartTraining::isRanked).count() < FOLDS) {
      throw new IllegalArgumentException(
          "a data set of %d kernels with %d schedules or more is too small to train on"
              .formatted(kernels.size(), LEAST_SCHEDULES));
    }
    return new WarmStartTraining(kernels, seed);
  }

  private static boolean isRanked(MeasuredPrograms kernel) {
    return kernel.samples().size() >= LEAST_SCHEDULES;
  }

  /** The model of all kernels. */
  public WarmStart train() {
    return train(kernels);
  }

  private WarmStart train(List<MeasuredPrograms> chosen) {
    return WarmStart.train(
        chosen.stream().flatMap(kernel -> kernel.samples().stream()).toList(), seed);
  }

  /** Predicts each kernel from the others. */
  public Quality crossValidate() {
    List<RankingQuality.Ranked> byModel = new ArrayList<>();
    List<RankingQuality.Ranked> byDraft = new ArrayList<>();
    Map<String, List<RankingQuality.Ranked>> families = new TreeMap<>();
    List<UntunedQuality.Favourite> favourites = new ArrayList<>();
    for (int fold = 0; fold < FOLDS; fold++) {
      int held = fold;
      List<MeasuredPrograms> others = kernels.stream().filter(k -> fold(k) != held).toList();
      List<MeasuredPrograms> unseen = kernels.stream().filter(k -> fold(k) == held).toList();
      WarmStart model = train(others);
      for (MeasuredPrograms kernel : unseen) {
        double[] scores = model.scores(kernel.samples().stream().map(Sample::features).toList());
        kernel.favourite(scores).ifPresent(favourites::add);
        if (!isRanked(kernel)) {
          continue;
        }
        RankingQuality.Ranked ranked = new RankingQuality.Ranked(kernel.throughputs(), scores);
        byModel.add(ranked);
        byDraft.add(new RankingQuality.Ranked(kernel.throughputs(), draftScores(kernel)));
        families.computeIfAbsent(kernel.family(), _ -> new ArrayList<>()).add(ranked);
      }
    }
    Map<String, RankingQuality> byFamily = new TreeMap<>();
    families.forEach((family, ranked) -> byFamily.put(family, RankingQuality.of(ranked)));
    return new Quality(
        RankingQuality.of(byModel),
        RankingQuality.of(byDraft),
        byFamily,
        UntunedQuality.calibrate(favourites));
  }

  private static int fold(MeasuredPrograms kernel) {
    return Math.floorMod(kernel.workload().hashCode(), FOLDS);
  }

  private static double[] draftScores(MeasuredPrograms kernel) {
    List<Double> drafts = kernel.drafts();
    double least = drafts.stream().mapToDouble(Double::doubleValue).min().orElse(1);
    return IntStream.range(0, drafts.size()).mapToDouble(k -> least / drafts.get(k)).toArray();
  }
}
