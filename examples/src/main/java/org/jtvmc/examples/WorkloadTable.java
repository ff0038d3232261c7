package org.jtvmc.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.bench.BenchmarkPlan;
import org.jtvmc.compiler.bench.InterleavedBenchmark;
import org.jtvmc.compiler.bench.LatencyStatistics;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.compiler.pipeline.ScheduleSource;
import org.jtvmc.compiler.pipeline.TaskExtraction;
import org.jtvmc.compiler.pipeline.TunedSchedules;
import org.jtvmc.compiler.run.FillMode;
import org.jtvmc.compiler.run.InputFiller;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.file.TemporaryFolder;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.tuner.measure.worker.WorkerOptions;
import org.jtvmc.tuner.record.RecordKey;
import org.jtvmc.tuner.record.RecordStore;
import org.jtvmc.tuner.record.TuningRecord;
import org.jtvmc.tuner.session.LocalWorkbench;
import org.jtvmc.tuner.session.TuningListener;
import org.jtvmc.tuner.session.TuningOptions;
import org.jtvmc.tuner.session.TuningSession;
import org.jtvmc.tuner.session.Workbench;
import org.jtvmc.tuner.task.TuningTask;

/**
 * The expert's schedules (the default where there is none), the default and the tuned ones of some
 * models, side by side: each model is tuned, as far as the records do not hold the trials already,
 * and all are run in turn in one process, with what the machine reaches ({@link WorkloadRoofs}) and
 * with what the first trials found. Writes a table in Markdown: least times, the speed of the
 * fastest, the roof, and the shares of it.
 */
public final class WorkloadTable {
  private static final BenchmarkPlan PLAN = new BenchmarkPlan(10, 50, Duration.ofSeconds(1));

  /** After so many trials a warm start should have found nearly what there is. */
  private static final int EARLY = 16;

  private final CpuTarget target;
  private final RecordStore records;
  private final Path scratch;

  private WorkloadTable(CpuTarget target, RecordStore records, Path scratch) {
    this.target = target;
    this.records = records;
    this.scratch = scratch;
  }

  /** {@code RECORDS.jsonl TRIALS MODEL...}; with 0 trials the records alone decide. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length < 3) {
      throw new IllegalArgumentException("usage: WorkloadTable RECORDS.jsonl TRIALS MODEL...");
    }
    write(
        System.out,
        Path.of(arguments[0]),
        Integer.parseInt(arguments[1]),
        List.of(arguments).subList(2, arguments.length));
  }

  /** One line for each model, as soon as it is measured. */
  static void write(PrintStream out, Path records, int trials, List<String> models)
      throws IOException {
    try (RecordStore store = RecordStore.open(records, System.err::println);
        TemporaryFolder scratch = TemporaryFolder.create()) {
      WorkloadTable table = new WorkloadTable(HostCpu.detect().target(), store, scratch.path());
      out.println(
          "| workload | expert ms | default ms | tuned ms | GFLOP/s | GB/s | roof | share: expert |"
              + " default | tuned | after %d trials |".formatted(EARLY));
      out.println("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
      for (String model : models) {
        out.println(table.row(ModelSource.of(model), ExpertSchedule.of(Path.of(model)), trials));
      }
    }
  }

  private String row(ModelSource source, Optional<ExpertSchedule> expert, int trials) {
    List<TuningTask> tasks =
        TaskExtraction.tasks(GraphPipeline.standard().run(source.load(Map.of())));
    if (trials > 0) {
      tune(tasks, trials);
    }
    Artifact plain = compile(source, ScheduleSource.NONE, "default");
    Artifact tuned = compile(source, new TunedSchedules(records), "tuned");
    Artifact early = compile(source, new TunedSchedules(early()), "early");
    Artifact written = expert.map(schedule -> compile(source, schedule, "expert")).orElse(plain);
    try (ModelRunner first = written.load(0);
        ModelRunner second = plain.load(0);
        ModelRunner third = tuned.load(0);
        ModelRunner fourth = early.load(0);
        WorkloadRoofs roofs =
            new WorkloadRoofs(target, tasks, first, plain.manifest().weights().bytes())) {
      List<Runnable> runs = new ArrayList<>(roofs.runs());
      int kernels = runs.size();
      runs.add(bound(first, written));
      runs.add(bound(second, plain));
      runs.add(bound(third, tuned));
      runs.add(bound(fourth, early));
      List<LatencyStatistics> each = new InterleavedBenchmark(PLAN).measure(runs);
      return format(
          source.name(),
          roofs,
          roofs.bound(each.subList(0, kernels)),
          each.subList(kernels, each.size()).stream().map(LatencyStatistics::min).toList());
    }
  }

  /** The times are the expert's, the default's, the tuned one's and that after the first trials. */
  private static String format(
      String name, WorkloadRoofs roofs, WorkloadRoofs.Bound bound, List<Double> ms) {
    double best = ms.subList(0, 3).stream().min(Double::compare).orElseThrow();
    return String.format(
        Locale.ROOT,
        "| `%s` | %.4f | %.4f | %.4f | %.0f | %.0f | %s | %.2f | %.2f | %.2f | %.2f |",
        name,
        ms.get(0),
        ms.get(1),
        ms.get(2),
        roofs.flop() / best / 1e6,
        roofs.bytes() / best / 1e6,
        bound.text(),
        bound.ms() / ms.get(0),
        bound.ms() / ms.get(1),
        bound.ms() / ms.get(2),
        ms.get(2) / ms.get(3));
  }

  /**
   * What the first trials found, which is measured in turn with what all found: of times that were
   * measured one by one, the least of many is less than the least of few where there is no
   * difference but the clock's.
   */
  private RecordStore early() {
    Map<RecordKey, Integer> trials = new HashMap<>();
    RecordStore early = RecordStore.inMemory();
    for (TuningRecord record : records.all()) {
      if (!record.confirmed() && trials.merge(record.key(), 1, Integer::sum) <= EARLY) {
        early.append(record);
      }
    }
    return early;
  }

  private void tune(List<TuningTask> tasks, int trials) {
    TuningOptions options =
        new TuningOptions(
            trials,
            Optional.empty(),
            OptionalInt.empty(),
            "evolutionary",
            "xgboost",
            1,
            true,
            "examples");
    try (Workbench workbench = new LocalWorkbench(target, WorkerOptions.standard())) {
      new TuningSession(target, options, records, workbench, TuningListener.silent()).run(tasks);
    }
  }

  private Artifact compile(ModelSource source, ScheduleSource schedules, String folder) {
    CompileOptions options =
        CompileOptions.builder(source.name(), target).schedules(schedules).build();
    return new ArtifactCompiler(target, CompileListener.NONE)
        .compile(source, options, scratch.resolve(source.name()).resolve(folder));
  }

  private static Runnable bound(ModelRunner runner, Artifact artifact) {
    InputFiller filler = new InputFiller(FillMode.RANDOM, 0, artifact.manifest().inputLimits());
    List<NDArray> inputs = new ArrayList<>(filler.fill(runner.inputs(), Map.of()));
    return runner.bind(inputs)::run;
  }
}
