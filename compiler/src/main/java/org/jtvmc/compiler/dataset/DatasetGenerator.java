package org.jtvmc.compiler.dataset;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.compiler.pipeline.TaskExtraction;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.tuner.cost.CostModel;
import org.jtvmc.tuner.cost.CostModels;
import org.jtvmc.tuner.measure.MeasureException;
import org.jtvmc.tuner.measure.MeasureResult;
import org.jtvmc.tuner.record.RecordStatus;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.search.EvolutionarySearch;
import org.jtvmc.tuner.search.Observation;
import org.jtvmc.tuner.search.RandomSearch;
import org.jtvmc.tuner.search.SearchContext;
import org.jtvmc.tuner.search.SearchStrategy;
import org.jtvmc.tuner.session.Workbench;
import org.jtvmc.tuner.task.TuningTask;

/**
 * Measures schedules of many kernels. The first are the default one and some that the shipped model
 * likes before anything is measured, which shows what it is worth on a kernel that it has not seen.
 * The rest are in equal parts neighbours of the default schedule, random points of the space, and
 * offspring of the best: a model must tell good from bad, and good from better. Kernel {@code k} is
 * drawn from the seed and {@code k} alone, so that a data set can be made in several goes.
 */
public final class DatasetGenerator {
  private static final int BATCH = 8;

  /** Small, for a kernel is to take a second: the machine is kept from other work meanwhile. */
  private static final int POPULATION = 48;

  /** Those among which a model that has measured nothing chooses. */
  private static final int FAVOURITES = 32;

  /** Spreads neighbouring numbers over all seeds. */
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final CpuTarget target;
  private final Workbench workbench;
  private final Options options;
  private final Consumer<String> notes;
  private final AtomicBoolean stopped = new AtomicBoolean();

  /**
   * How much is measured.
   *
   * @param kernels how many there are in the end
   * @param candidates for each of them
   * @param seed of all chance
   * @param timeBudget when to stop at the latest
   * @param inNetwork whether the workbench times kernels with the caches as a network leaves them
   */
  public record Options(
      int kernels, int candidates, long seed, Optional<Duration> timeBudget, boolean inNetwork) {}

  /** What is new in the file. */
  public record Outcome(int kernels, int samples, boolean interrupted) {}

  public DatasetGenerator(
      CpuTarget target, Workbench workbench, Options options, Consumer<String> notes) {
    this.target = target;
    this.workbench = workbench;
    this.options = options;
    this.notes = notes;
  }

  /** Ends the generation after the batch that is being measured; from any thread. */
  public void stop() {
    stopped.set(true);
  }

  /** Brings {@code file} to the size of the options. Kernels that it holds are left as they are. */
  public Outcome generate(DatasetFile file) {
    long start = System.nanoTime();
    Map<Integer, Integer> known = new HashMap<>();
    file.read().forEach(kernel -> known.put(kernel.id(), kernel.samples().size()));
    int kernels = 0;
    int samples = 0;
    for (int id = 0; id < options.kernels() && !isOver(start); id++) {
      if (known.containsKey(id)) {
        continue;
      }
      SplittableRandom random = new SplittableRandom(options.seed() + id * GOLDEN);
      Workload workload = WorkloadFamilies.draw(random);
      TuningTask task = main(workload);
      file.append(id, workload, target, options.inNetwork());
      int measured = measure(id, task, random, file, start);
      kernels++;
      samples += measured;
      notes.accept("kernel %d (%s): %d schedules".formatted(id, task.name(), measured));
    }
    return new Outcome(kernels, samples, stopped.get());
  }

  private boolean isOver(long start) {
    return stopped.get()
        || (options.timeBudget().isPresent()
            && System.nanoTime() - start > options.timeBudget().get().toNanos());
  }

  /** The kernel of a workload that has the most operations: layout changes may stand beside it. */
  static TuningTask main(Workload workload) {
    List<TuningTask> tasks =
        TaskExtraction.tasks(
            GraphPipeline.standard()
                .run(ModuleText.parse(workload.module(), OperatorRegistry.standard()::find)));
    return tasks.stream()
        .max(java.util.Comparator.comparingDouble(TuningTask::flops))
        .orElseThrow(() -> new IllegalStateException("no kernel in " + workload.module()));
  }

  private int measure(
      int id, TuningTask task, SplittableRandom random, DatasetFile file, long start) {
    Map<Candidate, Double> times = new LinkedHashMap<>();
    try (CostModel model = CostModels.create("xgboost", target, options.seed())) {
      SearchContext context =
          new SearchContext(
              task.workload(), workbench.space(task), workbench.appraiser(task), model, random);
      SearchStrategy atRandom = new RandomSearch(context);
      EvolutionarySearch search = new EvolutionarySearch(context);
      Set<Proposer> spent = EnumSet.of(Proposer.RULES);
      while (times.size() < options.candidates() && !isOver(start)) {
        Proposer proposer = proposer(times.size(), spent);
        int count = Math.min(BATCH, endOf(proposer) - times.size());
        List<Candidate> batch =
            switch (proposer) {
              case RULES, MODEL ->
                  withDefault(context, among(FAVOURITES, count - 1, search, random));
              case NEIGHBOUR -> neighbours(context, times.keySet(), count, random);
              case RANDOM -> atRandom.propose(count, 0);
              case SEARCH -> search.fittest(POPULATION, count);
            };
        batch = batch.stream().filter(candidate -> !times.containsKey(candidate)).toList();
        if (batch.isEmpty()) {
          if (proposer == Proposer.SEARCH) {
            break;
          }
          spent.add(proposer);
          continue;
        }
        List<MeasureResult> results = workbench.measurer().measure(task, batch, best(times));
        file.append(id, taken(id, batch, results, proposer, context.space().defaultCandidate()));
        List<Observation> observations = new ArrayList<>();
        for (int k = 0; k < batch.size(); k++) {
          times.put(batch.get(k), results.get(k).bestMs());
          observations.add(new Observation(batch.get(k), results.get(k).bestMs()));
        }
        atRandom.observe(observations);
        search.observe(observations);
      }
    } catch (MeasureException e) {
      notes.accept("kernel %d (%s): %s".formatted(id, task.name(), e.getMessage()));
    }
    return times.size();
  }

  /** The first whose part is not full, and who has not run out of schedules. */
  private Proposer proposer(int measured, Set<Proposer> spent) {
    return Arrays.stream(Proposer.values())
        .filter(proposer -> measured < endOf(proposer) && !spent.contains(proposer))
        .findFirst()
        .orElse(Proposer.SEARCH);
  }

  /** How many schedules there are when a proposer's part is full. */
  private int endOf(Proposer proposer) {
    int first = Math.min(BATCH, options.candidates());
    int rest = options.candidates() - first;
    return switch (proposer) {
      case RULES, MODEL -> first;
      case NEIGHBOUR -> first + rest / 3;
      case RANDOM -> first + 2 * rest / 3;
      case SEARCH -> options.candidates();
    };
  }

  /** Neighbours of the default schedule that can be lowered and were not measured. */
  private static List<Candidate> neighbours(
      SearchContext context, Set<Candidate> measured, int number, SplittableRandom random) {
    List<Candidate> all =
        new ArrayList<>(context.space().neighbours(context.space().defaultCandidate()));
    all.removeAll(measured);
    List<Candidate> chosen = new ArrayList<>();
    while (chosen.size() < number && !all.isEmpty()) {
      Candidate candidate = all.remove(random.nextInt(all.size()));
      if (context.appraiser().appraise(candidate).isPresent()) {
        chosen.add(candidate);
      }
    }
    return chosen;
  }

  private static double best(Map<Candidate, Double> times) {
    return times.values().stream().reduce(Double.POSITIVE_INFINITY, Math::min);
  }

  private static List<Candidate> withDefault(SearchContext context, List<Candidate> others) {
    Candidate byDefault = context.space().defaultCandidate();
    return Stream.concat(
            Stream.of(byDefault).filter(c -> context.appraiser().appraise(c).isPresent()),
            others.stream().filter(c -> !c.equals(byDefault)))
        .toList();
  }

  /** The first half of {@code number} are the fittest, the others are any of the favourites. */
  private static List<Candidate> among(
      int favourites, int number, EvolutionarySearch search, SplittableRandom random) {
    List<Candidate> all = new ArrayList<>(search.fittest(POPULATION, favourites));
    List<Candidate> chosen = new ArrayList<>();
    while (chosen.size() < number && !all.isEmpty()) {
      chosen.add(all.remove(chosen.size() < number / 2 ? 0 : random.nextInt(all.size())));
    }
    return chosen;
  }

  private List<DatasetFile.Sample> taken(
      int id,
      List<Candidate> batch,
      List<MeasureResult> results,
      Proposer proposer,
      Candidate byDefault) {
    List<DatasetFile.Sample> samples = new ArrayList<>();
    for (int k = 0; k < batch.size(); k++) {
      Candidate candidate = batch.get(k);
      MeasureResult result = results.get(k);
      if (result.status() != RecordStatus.OK) {
        notes.accept(
            "kernel %d: %s: %s: %s"
                .formatted(id, result.status().symbol(), result.error(), candidate.text()));
      }
      Proposer by = candidate.equals(byDefault) ? Proposer.RULES : proposer;
      samples.add(new DatasetFile.Sample(candidate.text(), by, result.bestMs()));
    }
    return samples;
  }
}
