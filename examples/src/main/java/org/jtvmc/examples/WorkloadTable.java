package org.jtvmc.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.codegen.peak.PeakMeter;
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
 * Default and tuned schedules of some models, and the expert's where there is one, side by side:
 * each model is tuned, as far as the records do not hold the trials already, and all are run in
 * turn in one process, after what the machine reaches at the same time; so is what the first trials
 * found. Writes a table in Markdown.
 */
public final class WorkloadTable {
  private static final BenchmarkPlan PLAN = new BenchmarkPlan(10, 50, Duration.ofSeconds(1));

  /** From so many operations for each byte on, a kernel is compared with the arithmetic peak. */
  private static final double INTENSE = 8;

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
    try (RecordStore store = RecordStore.open(records, System.err::println)) {
      WorkloadTable table =
          new WorkloadTable(
              HostCpu.detect().target(), store, Files.createTempDirectory("workloads"));
      out.println(
          "| workload | expert ms | default ms | tuned ms | ratio | GFLOP/s | GB/s | share of the"
              + " peak | after %d trials |".formatted(EARLY));
      out.println("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
      for (String model : models) {
        out.println(table.row(ModelSource.of(model), ExpertSchedule.of(Path.of(model)), trials));
      }
    }
  }

  private String row(ModelSource source, Optional<ExpertSchedule> expert, int trials) {
    if (trials > 0) {
      tune(source, trials);
    }
    Artifact plain = compile(source, ScheduleSource.NONE, "default");
    Artifact tuned = compile(source, new TunedSchedules(records), "tuned");
    Artifact early = compile(source, new TunedSchedules(early()), "early");
    Optional<Artifact> written = expert.map(schedule -> compile(source, schedule, "expert"));
    try (ModelRunner first = plain.load(0);
        ModelRunner second = tuned.load(0);
        ModelRunner third = written.orElse(plain).load(0);
        ModelRunner fourth = early.load(0)) {
      double bytes = plain.manifest().weights().bytes();
      double results = 0;
      for (TensorInfo input : first.inputs()) {
        bytes += input.type().bytes();
      }
      for (TensorInfo output : first.outputs()) {
        results += output.type().bytes();
      }
      bytes += results;
      double flop = plain.manifest().flop();
      double peak = flop > INTENSE * bytes ? multiplyAdds() : bandwidth(bytes, results);
      List<LatencyStatistics> each =
          new InterleavedBenchmark(PLAN)
              .measure(
                  List.of(
                      bound(first, plain),
                      bound(second, tuned),
                      bound(third, written.orElse(plain)),
                      bound(fourth, early)));
      double ms = each.get(1).min();
      double done = flop > INTENSE * bytes ? flop : bytes;
      return String.format(
          Locale.ROOT,
          "| `%s` | %s | %.4f | %.4f | %.2f | %.0f | %.0f | %.2f, default %.2f, of %.0f %s | %.2f"
              + " |",
          source.name(),
          written.isPresent() ? "%.4f".formatted(each.get(2).min()) : "",
          each.getFirst().min(),
          ms,
          each.getFirst().median() / each.get(1).median(),
          flop / ms / 1e6,
          bytes / ms / 1e6,
          done / ms / 1e6 / peak,
          done / each.getFirst().min() / 1e6 / peak,
          peak,
          flop > INTENSE * bytes ? "GFLOP/s" : "GB/s",
          ms / each.get(3).min());
    }
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

  private void tune(ModelSource source, int trials) {
    List<TuningTask> tasks =
        TaskExtraction.tasks(GraphPipeline.standard().run(source.load(Map.of())));
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

  private double multiplyAdds() {
    try (PeakMeter meter = new PeakMeter(target, target.cores())) {
      return meter.multiplyAddGflops();
    }
  }

  /** Reading, or copying where much is written. */
  private double bandwidth(double bytes, double written) {
    try (PeakMeter meter = new PeakMeter(target, target.cores())) {
      return written > bytes / 4
          ? meter.copyGigabytesPerSecond((long) bytes)
          : meter.readGigabytesPerSecond((long) bytes);
    }
  }
}
