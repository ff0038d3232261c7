package org.jtvmc.compiler.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.passes.Precision;
import org.jtvmc.compiler.pipeline.PredictedSchedules;
import org.jtvmc.compiler.pipeline.ScheduleSource;
import org.jtvmc.compiler.pipeline.TunedSchedules;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.tuner.record.RecordException;
import org.jtvmc.tuner.record.RecordStore;
import org.jtvmc.tuner.record.RecordTarget;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of all verbs that compile. */
final class CompilationOptions {

  private static final int MOST_THREADS = 1024;

  @Option(
      names = "--target",
      paramLabel = "T",
      defaultValue = "llvm",
      description =
          "What to compile for: llvm is this machine, llvm -mcpu=znver5 -num-cores=2 another; cuda"
              + " is this machine's GPU, cuda -arch=sm_80 another.")
  private String target;

  @Option(
      names = "--tuning-records",
      paramLabel = "F",
      split = ",",
      description = "Records files, of which each kernel gets the best schedule.")
  private List<Path> records = new ArrayList<>();

  /** Who schedules kernels that no records tell of. */
  enum Untuned {
    RULES,
    MODEL
  }

  @Option(
      names = "--untuned",
      paramLabel = "WHO",
      description =
          "Who schedules kernels without records: the model that comes with jtvmc where it is sure"
              + " to beat the rules (model, if you do not say), or the rules alone (rules).")
  private Untuned untuned = Untuned.MODEL;

  @Mixin private ShapeOptions shapes;

  @Option(
      names = "--num-threads",
      paramLabel = "N",
      description = "Threads that serve one run; by default, and for 0, one per core.")
  private int threads;

  @Mixin private PrecisionOption precision;

  ShapeOptions shapes() {
    return shapes;
  }

  /** Threads the user asked for; 0 where he did not. */
  int threads() {
    if (threads < 0 || threads > MOST_THREADS) {
      throw new UsageException(
          "--num-threads is %d, not in 0 to %d".formatted(threads, MOST_THREADS));
    }
    return threads;
  }

  Precision precision() {
    return precision.value();
  }

  Target target(Machine machine) {
    return machine.target(target, threads());
  }

  /** The schedules of the records, and of whom was named for kernels that they do not tell of. */
  ScheduleSource schedules(Target target, Consumer<String> problems) {
    ScheduleSource rest =
        switch (untuned) {
          case RULES -> ScheduleSource.NONE;
          case MODEL -> new PredictedSchedules();
        };
    if (records.isEmpty()) {
      return rest;
    }
    for (Path file : records) {
      if (!Files.isRegularFile(file)) {
        throw new RecordException(
            "the records file %s %s; make one with jtvmc tune"
                .formatted(file, Files.exists(file) ? "is no file" : "does not exist"),
            null);
      }
    }
    RecordStore store = RecordStore.read(records, problems);
    if (target instanceof CpuTarget cpu) {
      store
          .onOtherThreads(RecordTarget.of(cpu))
          .forEach(
              (threads, kernels) ->
                  problems.accept(
                      ("the records have schedules of %d kernels that were measured with %d threads"
                              + " and none with %d: they are used; tune with --num-threads %d for"
                              + " better ones")
                          .formatted(kernels, threads, cpu.cores(), cpu.cores())));
    }
    return new TunedSchedules(store).orElse(rest);
  }

  /**
   * Usual options for a model that is compiled to be run at once.
   *
   * @param arrays the sizes of what inputs are to hold, by name; where no shape is given for an
   *     input whose sizes the model leaves open, they are its
   */
  CompileOptions toRun(
      ModelSource source,
      Map<String, List<Long>> arrays,
      Machine machine,
      Consumer<String> problems) {
    Target chosen = target(machine);
    return CompileOptions.builder(source.name(), chosen)
        .shapes(shapes.given().orElse(source.openSizes(arrays)))
        .specialized(shapes.specialized())
        .schedules(schedules(chosen, problems))
        .externalWeights(true)
        .precision(precision())
        .build();
  }
}
