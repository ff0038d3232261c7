package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jtvmc.compiler.dataset.DatasetFile;
import org.jtvmc.compiler.dataset.DatasetGenerator;
import org.jtvmc.compiler.dataset.UntunedQuality;
import org.jtvmc.compiler.dataset.WarmStartTraining;
import org.jtvmc.ir.file.FileFault;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tuner.cost.RankingQuality;
import org.jtvmc.tuner.measure.worker.WorkerOptions;
import org.jtvmc.tuner.session.Workbench;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code dataset}: measures schedules of many kernels, for a cost model to be trained on. */
@Command(
    name = "dataset",
    description = "Generates a cost-model training set: many shapes of many operators, measured.")
final class DatasetCommand extends Verb {

  @Option(
      names = "-o",
      paramLabel = "FILE",
      required = true,
      description = "JSON lines; what it holds already is kept and counts.")
  private Path out;

  @Option(
      names = "--target",
      paramLabel = "T",
      defaultValue = "llvm",
      description = "What to measure for; this machine must run its code.")
  private String target;

  @Option(names = "--kernels", paramLabel = "N", description = "How many; by default 200.")
  private int kernels = 200;

  @Option(
      names = "--candidates",
      paramLabel = "N",
      description = "Schedules of each kernel; by default 64.")
  private int candidates = 64;

  @Option(names = "--seed", paramLabel = "N", description = "Of all chance.")
  private long seed;

  @Option(
      names = "--time-budget",
      paramLabel = "10m",
      converter = TimeSpan.class,
      description = "When to stop at the latest; the same command goes on later.")
  private Duration timeBudget;

  @Option(
      names = "--num-threads",
      paramLabel = "N",
      description = "Threads that serve one run; by default one per core.")
  private int threads;

  @Option(
      names = "--in-network",
      description = "Time kernels with the caches as they find them in a network.")
  private boolean inNetwork;

  @Option(
      names = "--train",
      paramLabel = "MODEL",
      description =
          "Measure nothing: train the model that tuning begins with on FILE, say how good it is on"
              + " kernels that were held out, and write it.")
  private Path train;

  @Override
  public Integer call() {
    if (kernels < 0 || candidates < 1 || threads < 0) {
      throw new UsageException("--kernels, --candidates and --num-threads are positive numbers");
    }
    if (train != null) {
      return train();
    }
    Machine machine = Machine.detect();
    CpuTarget cpu = machine.measurable(machine.cpuTarget(target, threads));
    try (Interruption interruption = new Interruption();
        Workbench workbench =
            new MeasuringPlace(cpu, machine.host(), true)
                .workbench(
                    WorkerOptions.standard(),
                    Optional.empty(),
                    false,
                    inNetwork,
                    DesignSpace.rules(cpu))) {
      DatasetGenerator generator =
          new DatasetGenerator(
              cpu,
              workbench,
              new DatasetGenerator.Options(
                  kernels, candidates, seed, Optional.ofNullable(timeBudget), inNetwork),
              sentence -> note("%s", sentence));
      interruption.onInterrupt(generator::stop);
      DatasetGenerator.Outcome outcome = generator.generate(new DatasetFile(out));
      ObjectNode document = object();
      document.put("file", out.toString());
      document.put("target", cpu.toString());
      document.put("kernels", outcome.kernels());
      document.put("samples", outcome.samples());
      document.put("interrupted", outcome.interrupted());
      if (json()) {
        print(document);
      } else {
        line(
            "%d new schedules of %d kernel%s in %s",
            outcome.samples(), outcome.kernels(), outcome.kernels() == 1 ? "" : "s", out);
      }
      return outcome.interrupted() ? ExitCode.INTERRUPTED : ExitCode.DONE;
    }
  }

  private int train() {
    try {
      WarmStartTraining training = WarmStartTraining.on(new DatasetFile(out), seed);
      WarmStartTraining.Quality quality = training.crossValidate();
      training.train().withMargin(quality.untuned().margin()).write(train);
      if (json()) {
        ObjectNode document = object();
        document.put("file", train.toString());
        put(document.putObject("model"), quality.model());
        put(document.putObject("draft"), quality.draft());
        ObjectNode families = document.putObject("families");
        quality.byFamily().forEach((family, q) -> put(families.putObject(family), q));
        UntunedQuality untuned = quality.untuned();
        ObjectNode entry = document.putObject("untuned");
        entry.put("margin", untuned.margin());
        entry.put("kernels", untuned.kernels());
        entry.put("taken", untuned.taken());
        entry.put("slower", untuned.slower());
        entry.put("worst_slowdown", untuned.worst());
        entry.put("speedup", untuned.speedup());
        print(document);
      } else {
        quality.byFamily().forEach((family, q) -> line("%-18s %s", family, q));
        line("%-18s %s", "all", quality.model());
        line("%-18s %s", "the draft alone", quality.draft());
        line("%-18s %s", "untuned", quality.untuned());
        line("model in %s", train);
      }
      return ExitCode.DONE;
    } catch (IllegalArgumentException e) {
      throw new UsageException("%s: %s".formatted(out, e.getMessage()), e);
    } catch (IOException e) {
      throw new UsageException("%s cannot be written: %s".formatted(train, FileFault.reason(e)), e);
    }
  }

  private static void put(ObjectNode entry, RankingQuality quality) {
    entry.put("rmse", quality.rmse());
    entry.put("r2", quality.r2());
    entry.put("pairwise_accuracy", quality.pairwise());
    entry.put("top_10_recall", quality.recall());
    entry.put("peak_score_1", quality.peak1());
    entry.put("peak_score_5", quality.peak5());
    entry.put("kernels", quality.kernels());
  }
}
