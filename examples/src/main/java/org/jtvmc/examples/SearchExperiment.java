package org.jtvmc.examples;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.compiler.pipeline.TaskExtraction;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.tuner.measure.worker.WorkerOptions;
import org.jtvmc.tuner.record.RecordStore;
import org.jtvmc.tuner.record.TuningRecord;
import org.jtvmc.tuner.session.LocalWorkbench;
import org.jtvmc.tuner.session.TuningListener;
import org.jtvmc.tuner.session.TuningOptions;
import org.jtvmc.tuner.session.TuningSession;
import org.jtvmc.tuner.session.Workbench;
import org.jtvmc.tuner.task.TuningTask;

/**
 * Compares ways to search: how fast is the best schedule after each trial? Writes one line of CSV
 * for each trial of each workload, variant and seed.
 */
public final class SearchExperiment {

  /** A strategy and the cost model that it works with, as on the command line of {@code tune}. */
  private record Variant(String tuner, String costModel) {}

  private static final List<Variant> VARIANTS =
      List.of(
          new Variant("random", "none"),
          new Variant("grid", "none"),
          new Variant("evolutionary", "none"),
          new Variant("evolutionary", "xgboost-cold"),
          new Variant("evolutionary", "xgboost"));

  private SearchExperiment() {}

  /** {@code OUT.csv TRIALS SEEDS MODEL...}, where each model is one kernel. */
  public static void main(String[] args) throws IOException {
    if (args.length < 4) {
      throw new IllegalArgumentException("usage: SearchExperiment OUT.csv TRIALS SEEDS MODEL...");
    }
    int trials = Integer.parseInt(args[1]);
    int seeds = Integer.parseInt(args[2]);
    CpuTarget target = HostCpu.detect().target();
    try (PrintWriter csv = new PrintWriter(Files.newBufferedWriter(Path.of(args[0])))) {
      csv.println("workload,tuner,cost_model,seed,trial,best_gflops");
      for (String model : List.of(args).subList(3, args.length)) {
        ModelSource source = ModelSource.of(model);
        List<TuningTask> tasks =
            TaskExtraction.tasks(GraphPipeline.standard().run(source.load(Map.of())));
        for (Variant variant : VARIANTS) {
          for (long seed = 1; seed <= seeds; seed++) {
            write(csv, source.name(), variant, seed, tasks.getFirst(), trials, target);
          }
        }
      }
    }
  }

  private static void write(
      PrintWriter csv,
      String name,
      Variant variant,
      long seed,
      TuningTask task,
      int trials,
      CpuTarget target) {
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
    try (RecordStore records = RecordStore.inMemory();
        Workbench workbench = new LocalWorkbench(target, WorkerOptions.standard())) {
      new TuningSession(target, options, records, workbench, TuningListener.silent())
          .run(List.of(task));
      double best = Double.POSITIVE_INFINITY;
      int trial = 0;
      for (TuningRecord record : records.of(task.key(target))) {
        best = Math.min(best, record.bestMs());
        csv.printf(
            "%s,%s,%s,%d,%d,%.2f%n",
            name,
            variant.tuner(),
            variant.costModel(),
            seed,
            trial++,
            Double.isInfinite(best) ? 0 : task.flops() / best / 1e6);
      }
    }
    csv.flush();
  }
}
