package org.jtvmc.compiler.dataset;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
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
 * Measures schedules of many kernels. The first are the default one and those that the shipped
 * model likes best before anything is measured, which shows what it is worth on a kernel that it
 * has not seen. Of the rest half are random points of the space, and half come from an evolutionary
 * search among them: a model must tell good from bad, and good from better. Kernel {@code k} is
 * drawn from the seed and {@code k} alone, so that a data set can be made in several goes.
 */
public final class DatasetGenerator {
  private static final int BATCH = 8;

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
   */
  public record Options(int kernels, int candidates, long seed, Optional<Duration> timeBudget) {}

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
      file.append(id, workload, target);
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
    int count = 0;
    try (CostModel model = CostModels.create("xgboost", target, options.seed())) {
      SearchContext context =
          new SearchContext(
              task.workload(), workbench.space(task), workbench.appraiser(task), model, random);
      SearchStrategy atRandom = new RandomSearch(context);
      SearchStrategy search = new EvolutionarySearch(context);
      Candidate byDefault = context.space().defaultCandidate();
      double best = Double.POSITIVE_INFINITY;
      while (count < options.candidates() && !isOver(start)) {
        double progress = (double) count / options.candidates();
        Proposer proposer =
            count == 0 ? Proposer.MODEL : progress < 0.5 ? Proposer.RANDOM : Proposer.SEARCH;
        SearchStrategy strategy = proposer == Proposer.RANDOM ? atRandom : search;
        List<Candidate> batch =
            strategy.propose(Math.min(BATCH, options.candidates() - count), progress);
        if (batch.isEmpty()) {
          break;
        }
        List<MeasureResult> results = workbench.measurer().measure(task, batch, best);
        List<Observation> observations = new ArrayList<>();
        List<DatasetFile.Sample> samples = new ArrayList<>();
        List<org.jtvmc.tuner.cost.Sample> lessons = new ArrayList<>();
        for (int k = 0; k < batch.size(); k++) {
          double time = results.get(k).bestMs();
          if (results.get(k).status() != RecordStatus.OK) {
            notes.accept(
                "kernel %d: %s: %s: %s"
                    .formatted(
                        id,
                        results.get(k).status().symbol(),
                        results.get(k).error(),
                        batch.get(k).text()));
          }
          best = Math.min(best, time);
          observations.add(new Observation(batch.get(k), time));
          Proposer by = batch.get(k).equals(byDefault) ? Proposer.RULES : proposer;
          samples.add(new DatasetFile.Sample(batch.get(k).text(), by, time));
          context
              .appraiser()
              .appraise(batch.get(k))
              .ifPresent(
                  a ->
                      lessons.add(
                          new org.jtvmc.tuner.cost.Sample(context.group(), a.features(), time)));
        }
        atRandom.observe(observations);
        search.observe(observations);
        model.update(lessons);
        file.append(id, samples);
        count += batch.size();
      }
    } catch (MeasureException e) {
      notes.accept("kernel %d (%s): %s".formatted(id, task.name(), e.getMessage()));
    }
    return count;
  }
}
