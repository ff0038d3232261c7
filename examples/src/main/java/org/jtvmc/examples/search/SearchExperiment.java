package org.jtvmc.examples.search;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.compiler.pipeline.TaskExtraction;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.tuner.measure.MeasureResult;
import org.jtvmc.tuner.measure.worker.WorkerOptions;
import org.jtvmc.tuner.record.RecordStore;
import org.jtvmc.tuner.record.TuningRecord;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.session.LocalWorkbench;
import org.jtvmc.tuner.session.TuningListener;
import org.jtvmc.tuner.session.TuningOptions;
import org.jtvmc.tuner.session.TuningSession;
import org.jtvmc.tuner.session.Workbench;
import org.jtvmc.tuner.task.TuningTask;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Compares ways to search: how fast is the best schedule after each trial? Every variant runs with
 * every seed on every workload. What the variants found with one seed is then measured in turn, for
 * a clock that changes from session to session hides what differs between them. Runs that the table
 * has already are left out.
 */
@Command(
    name = "SearchExperiment",
    mixinStandardHelpOptions = true,
    description = "Compares random, grid and evolutionary search, with and without their models.")
public final class SearchExperiment implements Callable<Integer> {

  @Option(names = "-o", paramLabel = "FOLDER", description = "Where results are kept.")
  private Path folder = Path.of("out", "search-experiment");

  @Option(names = "--trials", paramLabel = "N", description = "Of each run; by default 64.")
  private int trials = 64;

  @Option(names = "--seeds", paramLabel = "N", description = "Seeds 1 to N; by default 5.")
  private int seeds = 5;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      description = "Begin no run after so long; the next call goes on.")
  private long seconds = Long.MAX_VALUE;

  @Parameters(paramLabel = "MODEL", description = "Workloads; the largest kernel of each is tuned.")
  private List<String> models =
      List.of(
          "examples/workloads/matmul-1024.relay",
          "examples/workloads/conv2d-3x3-64-56.relay",
          "examples/workloads/dense-gelu.relay",
          "examples/workloads/depthwise-3x3-144-56.relay");

  private final CpuTarget target = HostCpu.detect().target();

  private SearchExperiment() {}

  /** Runs it: see {@code --help}. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new SearchExperiment()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    Instant start = Instant.now();
    Files.createDirectories(folder);
    RunTable table = RunTable.open(folder.resolve("trials.csv"));
    Map<String, TuningTask> tasks = new LinkedHashMap<>();
    for (String model : models) {
      ModelSource source = ModelSource.of(model);
      tasks.put(source.name(), largest(source));
    }
    // Seed by seed, so that what an interrupted experiment has is complete for fewer seeds.
    for (long seed = 1; seed <= seeds; seed++) {
      for (Map.Entry<String, TuningTask> task : tasks.entrySet()) {
        if (!table.contains(task.getKey(), Variant.ALL.getLast().name(), seed)) {
          List<Searched> searched = new ArrayList<>();
          for (Variant variant : Variant.ALL) {
            if (Duration.between(start, Instant.now()).toSeconds() >= seconds) {
              System.out.println("time is up; call again to go on");
              return 0;
            }
            searched.add(run(task.getKey(), task.getValue(), variant, seed));
          }
          table.addAll(compare(task.getValue(), searched));
        }
      }
    }
    String summary = new Summary(table, trials).text();
    Files.writeString(folder.resolve("summary.md"), summary);
    ConvergencePlots.write(table, trials, folder);
    System.out.println(summary);
    return 0;
  }

  private static TuningTask largest(ModelSource source) {
    return TaskExtraction.tasks(GraphPipeline.standard().run(source.load(Map.of()))).stream()
        .max(Comparator.comparingDouble(TuningTask::flops))
        .orElseThrow(() -> new IllegalArgumentException(source.name() + " has no kernel"));
  }

  /** The runs, with their best schedules measured in turn. */
  private List<Run> compare(TuningTask task, List<Searched> searched) {
    List<Integer> counts = List.of(Summary.EARLY, trials);
    List<Candidate> best =
        searched.stream()
            .flatMap(each -> counts.stream().map(each::bestAfter).flatMap(Optional::stream))
            .distinct()
            .toList();
    Map<Candidate, Double> gflops = new HashMap<>();
    try (Workbench workbench = new LocalWorkbench(target, WorkerOptions.standard())) {
      List<MeasureResult> results = workbench.measurer().compare(task, best);
      for (int k = 0; k < best.size(); k++) {
        gflops.put(best.get(k), task.flops() / results.get(k).medianMs() / 1e6);
      }
    }
    return searched.stream().map(each -> each.compared(counts, gflops)).toList();
  }

  private Searched run(String workload, TuningTask task, Variant variant, long seed) {
    TuningOptions options =
        new TuningOptions(
            trials,
            Optional.empty(),
            OptionalInt.empty(),
            variant.tuner(),
            variant.costModel(),
            seed,
            false,
            "experiment");
    Instant start = Instant.now();
    try (RecordStore records = RecordStore.inMemory();
        Workbench local = new LocalWorkbench(target, WorkerOptions.standard())) {
      Workbench workbench = new ExperimentWorkbench(local, variant.draft());
      new TuningSession(target, options, records, workbench, TuningListener.silent())
          .run(List.of(task));
      double best = Double.POSITIVE_INFINITY;
      List<Run.Trial> measured = new ArrayList<>();
      List<Optional<Candidate>> fastest = new ArrayList<>();
      Optional<Candidate> fastestSoFar = Optional.empty();
      for (TuningRecord record : records.of(task.key(target))) {
        if (!record.confirmed()) {
          if (record.bestMs() < best) {
            best = record.bestMs();
            fastestSoFar = Optional.of(workbench.space(task).replay(record.decisions()));
          }
          fastest.add(fastestSoFar);
          double speed = Double.isInfinite(best) ? 0 : task.flops() / best / 1e6;
          double after = Duration.between(start, record.at()).toMillis() / 1e3;
          measured.add(new Run.Trial(after, speed, OptionalDouble.empty()));
        }
      }
      System.out.printf(
          "%s, %s, seed %d: %.1f GFLOP/s after %d trials, %d s%n",
          workload,
          variant.name(),
          seed,
          measured.isEmpty() ? 0 : measured.getLast().bestGflops(),
          measured.size(),
          Duration.between(start, Instant.now()).toSeconds());
      return new Searched(new Run(workload, variant.name(), seed, measured), fastest);
    }
  }
}
