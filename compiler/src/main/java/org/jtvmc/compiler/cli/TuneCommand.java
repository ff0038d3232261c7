package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jtvmc.compiler.CompilerVersion;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.contest.NetworkWorkbench;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.compiler.pipeline.TaskExtraction;
import org.jtvmc.compiler.pipeline.TunedSchedules;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.pass.PassManager;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.tuner.cost.CostModel;
import org.jtvmc.tuner.cost.CostModels;
import org.jtvmc.tuner.measure.worker.WorkerLaunch;
import org.jtvmc.tuner.measure.worker.WorkerOptions;
import org.jtvmc.tuner.record.RecordStore;
import org.jtvmc.tuner.search.SearchStrategies;
import org.jtvmc.tuner.search.SketchRules;
import org.jtvmc.tuner.session.TaskReport;
import org.jtvmc.tuner.session.TimeBudget;
import org.jtvmc.tuner.session.TuningOptions;
import org.jtvmc.tuner.session.TuningReport;
import org.jtvmc.tuner.session.TuningSession;
import org.jtvmc.tuner.session.Workbench;
import org.jtvmc.tuner.task.TuningTask;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tune}: finds fast schedules by measuring, and with {@code -o} compiles with them. */
@Command(name = "tune", description = "Tunes a model's kernels by measuring candidates.")
final class TuneCommand extends Verb {

  @Parameters(paramLabel = "MODEL", description = "An .onnx or .relay file, or zoo:NAME.")
  private String model;

  @Option(
      names = "--target",
      paramLabel = "T",
      defaultValue = "llvm",
      description = "What to tune for: llvm is this machine, cuda its GPU.")
  private String target;

  @Option(names = "-o", paramLabel = "OUT", description = "Also compile, as compile -o does.")
  private Path out;

  @Option(
      names = "--tuning-records",
      paramLabel = "F",
      description = "Where records are kept; by default <model>.<target>.jsonl.")
  private Path records;

  @Option(
      names = "--trials",
      paramLabel = "N",
      description = "Candidates to measure, those in the records included; by default 1000.")
  private int trials = 1000;

  @Option(
      names = "--time-budget",
      paramLabel = "10m",
      converter = TimeSpan.class,
      description = "When all is done at the latest, with -o the compiling too.")
  private Duration timeBudget;

  @Option(
      names = "--early-stopping",
      paramLabel = "N",
      description = "A task that gains nothing in N trials gets no more.")
  private Integer earlyStopping;

  @Option(
      names = "--timeout",
      paramLabel = "S",
      converter = TimeSpan.class,
      description = "Longest time for running one candidate; by default 10 s.")
  private Duration timeout;

  @Option(names = "--tasks", paramLabel = "\"0,2-5\"", description = "Tune only these tasks.")
  private String chosen;

  @Option(
      names = "--tuner",
      paramLabel = "NAME",
      description = "evolutionary (the default), random, grid, or a class.")
  private String tuner = "evolutionary";

  @Option(
      names = "--cost-model",
      paramLabel = "NAME",
      description = "xgboost (the default), xgboost-cold, random, none, or a class.")
  private String costModel = "xgboost";

  @Option(
      names = "--sketch-rule",
      paramLabel = "CLASS",
      description =
          "A rule of your own, tried before the target's; may be given several times, the first"
              + " first.")
  private List<String> sketchRules = List.of();

  @Option(names = "--seed", paramLabel = "N", description = "Of all chance.")
  private long seed;

  @Option(
      names = "--num-threads",
      paramLabel = "N",
      description = "Threads that serve one run; by default, and for 0, one per core.")
  private int threads;

  @Option(
      names = "--resume",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Go on from the records (the default), or start anew.")
  private boolean resume;

  @Option(
      names = "--flush-l2",
      description = "Empty a GPU's L2 cache before each timed run; by default it is warm.")
  private boolean flush;

  @Mixin private ShapeOptions shapes;

  @Mixin private PrecisionOption precision;

  @Override
  public Integer call() {
    check();
    Machine machine = Machine.detect();
    MeasuringPlace place = MeasuringPlace.of(machine.target(target, threads), machine);
    List<SketchRule> rules = rules(place.target());
    WorkerOptions worker =
        timeout == null ? WorkerOptions.standard() : WorkerOptions.standard().withRun(timeout);
    // It starts while the model is read.
    try (WorkerLaunch launch = WorkerLaunch.begin(worker)) {
      return call(machine, place, rules, worker, launch);
    }
  }

  private int call(
      Machine machine,
      MeasuringPlace place,
      List<SketchRule> rules,
      WorkerOptions worker,
      WorkerLaunch launch) {
    long start = System.nanoTime();
    ModelSource source = source(model);
    List<IRModule> modules = shapes.modules(source);
    PassManager<IRModule> pipeline = GraphPipeline.standard(precision.value(), place.target());
    List<IRModule> fused = modules.stream().map(pipeline::run).toList();
    List<TuningTask> all = TaskExtraction.tasks(fused);
    Duration reading = Duration.ofNanos(System.nanoTime() - start);
    Path file = records == null ? defaultRecords(source, place) : records;
    try (RecordStore store = RecordStore.open(file, sentence -> note("%s", sentence))) {
      TuningReport report;
      Optional<Artifact> artifact;
      try (Interruption interruption = new Interruption()) {
        try (Workbench workbench = workbench(place, worker, launch, rules, fused.getFirst())) {
          report = tune(selected(all), place, workbench, store, interruption, reading);
        }
        artifact = compile(source, modules.getFirst(), machine, place.target(), store);
        report(report, place, file, artifact);
        if (report.interrupted()) {
          note("interrupted; what was measured is kept, and the next tune goes on from it");
        }
      }
      return report.interrupted() ? ExitCode.INTERRUPTED : ExitCode.DONE;
    }
  }

  private void check() {
    if (trials < 0 || threads < 0 || (earlyStopping != null && earlyStopping < 1)) {
      throw new UsageException(
          "--trials and --num-threads are at least 0, and --early-stopping is at least 1");
    }
    try (CostModel created = CostModels.create(costModel, Machine.detect().host(), seed)) {
      detail("cost model %s", created.getClass().getSimpleName());
    } catch (IllegalArgumentException e) {
      throw new UsageException("--cost-model: " + e.getMessage(), e);
    }
    try {
      SearchStrategies.require(tuner);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--tuner: " + e.getMessage(), e);
    }
  }

  private static Path defaultRecords(ModelSource source, MeasuringPlace place) {
    return Path.of("%s.%s.jsonl".formatted(source.name(), place.fileName()));
  }

  private List<TuningTask> selected(List<TuningTask> all) {
    if (chosen == null) {
      return all;
    }
    Set<Integer> ids = TaskRanges.parse(chosen, all.size());
    return all.stream().filter(task -> ids.contains(task.id())).toList();
  }

  private List<SketchRule> rules(Target chosen) {
    try {
      return SketchRules.before(sketchRules, chosen);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--sketch-rule: " + e.getMessage(), e);
    }
  }

  private TuningReport tune(
      List<TuningTask> tasks,
      MeasuringPlace place,
      Workbench workbench,
      RecordStore store,
      Interruption interruption,
      Duration reading) {
    TuningOptions options =
        new TuningOptions(
            trials,
            Optional.ofNullable(timeBudget)
                .map(whole -> new TimeBudget(whole, sinceStart(), reading, out != null)),
            earlyStopping == null ? OptionalInt.empty() : OptionalInt.of(earlyStopping),
            tuner,
            place.measured() ? costModel : "none",
            seed,
            resume,
            CompilerVersion.current());
    if (!place.measured()) {
      note(
          "this machine has no GPU for '%s': nothing is measured, candidates are ranked by a model"
              + " of the device, and the records say so",
          place.target());
    }
    place
        .withoutClocks()
        .ifPresent(why -> note("records will not note the clock of the GPU: %s", why));
    TuningSession session =
        new TuningSession(place.target(), options, store, workbench, new TuningProgressLines(this));
    interruption.onInterrupt(session::stop);
    String noun = tasks.size() == 1 ? "task" : "tasks";
    note("tuning %d %s for %s, seed %d", tasks.size(), noun, place.target(), seed);
    return session.run(tasks);
  }

  /** Kernels of a network on this machine are timed as in it, and at last compared in it. */
  private Workbench workbench(
      MeasuringPlace place,
      WorkerOptions worker,
      WorkerLaunch launch,
      List<SketchRule> rules,
      IRModule fused) {
    boolean network = TaskExtraction.calls(fused) > 1;
    Workbench single = place.workbench(worker, Optional.of(launch), flush, network, rules);
    return place.target() instanceof CpuTarget cpu
            && !shapes.given().isOpen()
            && !fused.goesInStages()
        ? new NetworkWorkbench(single, fused, cpu, sentence -> note("%s", sentence))
        : single;
  }

  private Optional<Artifact> compile(
      ModelSource source, IRModule imported, Machine machine, Target chosen, RecordStore store) {
    if (out == null) {
      return Optional.empty();
    }
    CompileOptions options =
        CompileOptions.builder(source.name(), chosen)
            .shapes(shapes.given())
            .specialized(shapes.specialized())
            .schedules(new TunedSchedules(store))
            .precision(precision.value())
            .build();
    CompileListener listener =
        new CompileListener() {
          @Override
          public void problem(String sentence) {
            note("%s", sentence);
          }
        };
    return Optional.of(
        new ArtifactCompiler(machine.host(), listener).compile(source, imported, options, out));
  }

  private void report(
      TuningReport report, MeasuringPlace place, Path file, Optional<Artifact> artifact) {
    boolean measured = place.measured();
    if (!json()) {
      line(
          "%4s %6s %7s %10s %7s %13s %9s  %s",
          "id",
          "weight",
          "trials",
          measured ? "best ms" : "estimate",
          "spread",
          "attainable ms",
          "GFLOP/s",
          "task");
      for (TaskReport task : report.tasks()) {
        double ms = measured ? task.bestMs() : task.searchMs();
        line(
            "%4d %6d %7d %10s %7s %13s %9s  %s",
            task.id(),
            task.weight(),
            task.trials(),
            shown(ms),
            measured ? "%.1f%%".formatted(100 * task.spread()) : "-",
            task.attainableMs() > 0 ? Figures.text(task.attainableMs(), 4) : "-",
            task.flop() > 0 ? Figures.text(TaskReport.gflops(task.flop(), ms), 1) : "-",
            task.name());
      }
      if (report.trials() == 0) {
        line("no new trial was run; records in %s", file);
      } else {
        line(
            measured
                ? "%d trial%s in %s, %.1f a second; records in %s"
                : "%d candidate%s in %s, %.1f a second, NONE MEASURED (times are estimates);"
                    + " records in %s",
            report.trials(),
            report.trials() == 1 ? "" : "s",
            TimeSpan.text(report.elapsed()),
            report.trialsPerSecond(),
            file);
      }
      artifact.ifPresent(written -> line("%s", written.library()));
      return;
    }
    ObjectNode document = object();
    document.put("model", model);
    document.put("target", place.target().toString());
    document.put("measured", measured);
    document.put("records", file.toString());
    document.put("seed", report.seed());
    document.put("elapsed_s", report.elapsed().toNanos() / 1e9);
    document.put("trials", report.trials());
    document.put("trials_per_s", report.trialsPerSecond());
    document.put("interrupted", report.interrupted());
    ArrayNode tasks = document.putArray("tasks");
    report.tasks().forEach(task -> fill(tasks.addObject(), task, measured));
    artifact.ifPresent(written -> document.put("library", written.library().toString()));
    print(document);
  }

  private static String shown(double ms) {
    return Double.isInfinite(ms) ? "none" : Figures.text(ms, 4);
  }

  private static void fill(ObjectNode entry, TaskReport task, boolean measured) {
    entry.put("id", task.id());
    entry.put("name", task.name());
    entry.put("workload", task.workload());
    entry.put("weight", task.weight());
    entry.put("flop", task.flop());
    entry.put("trials", task.trials());
    if (Double.isInfinite(task.bestMs())) {
      entry.putNull("best_ms");
    } else {
      entry.put("best_ms", task.bestMs());
    }
    if (!measured && !Double.isInfinite(task.searchMs())) {
      entry.put("estimated_ms", task.searchMs());
    }
    entry.put("best_gflops", task.bestGflops());
    if (measured) {
      entry.put("spread", task.spread());
    } else {
      entry.putNull("spread");
    }
    entry.put("attainable_ms", task.attainableMs());
    ObjectNode failures = entry.putObject("failures");
    task.failures().forEach(failures::put);
  }
}
