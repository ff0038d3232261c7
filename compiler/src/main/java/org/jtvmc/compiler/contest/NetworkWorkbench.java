package org.jtvmc.compiler.contest;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jtvmc.codegen.kernel.CodeListener;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.compiler.pipeline.CompiledModel;
import org.jtvmc.compiler.pipeline.KernelBuild;
import org.jtvmc.compiler.pipeline.ModelCompiler;
import org.jtvmc.compiler.pipeline.ScheduleSource;
import org.jtvmc.compiler.pipeline.TaskExtraction;
import org.jtvmc.compiler.run.FillMode;
import org.jtvmc.compiler.run.InputFiller;
import org.jtvmc.compiler.run.InputLimits;
import org.jtvmc.compiler.run.StepwiseModel;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.file.TemporaryFolder;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.tuner.measure.Deadline;
import org.jtvmc.tuner.measure.MeasureResult;
import org.jtvmc.tuner.record.Conditions;
import org.jtvmc.tuner.session.DelegatingWorkbench;
import org.jtvmc.tuner.session.Workbench;

/**
 * A workbench for the kernels of a network on this machine's CPU: what is fastest by itself must
 * also be so between the kernels before and after it.
 */
public final class NetworkWorkbench extends DelegatingWorkbench {
  /** More times than this tell no more in a record. */
  private static final int MOST_TIMES = 30;

  private static final String CUT_SHORT =
      "the comparison in the whole network was cut short: each task has the schedule that is"
          + " fastest by itself";

  private final IRModule fused;
  private final CpuTarget target;
  private final Consumer<String> notes;

  /**
   * @param single measures kernels by themselves; closed with this
   * @param fused the network, all sizes known, after {@link GraphPipeline}
   * @param notes hears what came of the comparison
   */
  public NetworkWorkbench(
      Workbench single, IRModule fused, CpuTarget target, Consumer<String> notes) {
    super(single);
    this.fused = fused;
    this.target = target;
    this.notes = notes;
  }

  @Override
  public boolean runsTogether() {
    return TaskExtraction.calls(fused) > 1;
  }

  @Override
  public List<Choice> together(List<Finalists> finalists, Duration patience, Deadline deadline) {
    try (TemporaryFolder folder = TemporaryFolder.create()) {
      return together(finalists, patience, deadline, folder.resolve("weights"));
    }
  }

  private List<Choice> together(
      List<Finalists> finalists, Duration patience, Deadline deadline, Path weights) {
    CompiledModel model =
        new ModelCompiler(target, target, ScheduleSource.NONE, CodeListener.NONE, notes)
            .alternatives(fused, sources(finalists), "contest", weights);
    int calls = model.plan().uses().size();
    if (calls < 2) {
      return List.of();
    }
    List<ScheduleContest.Kernel> kernels = new ArrayList<>();
    for (Finalists one : finalists) {
      List<Integer> where =
          IntStream.range(0, calls)
              .filter(call -> runs(model, call).filter(one.task().workload()::equals).isPresent())
              .boxed()
              .toList();
      kernels.add(new ScheduleContest.Kernel(where, one.candidates().size()));
    }
    List<NDArray> inputs =
        new InputFiller(FillMode.RANDOM, 0, InputLimits.of(fused.main()))
            .fill(model.inputs(), Map.of());
    try (StepwiseModel steps = StepwiseModel.of(model, inputs, target.cores())) {
      Optional<ScheduleContest.Outcome> outcome =
          new ScheduleContest(new StepwiseNetwork(steps, calls), kernels, 0)
              .hold(patience.toNanos() / 1e6, deadline);
      notes.accept(outcome.map(NetworkWorkbench::summary).orElse(CUT_SHORT));
      return outcome.map(known -> choices(finalists, kernels, known)).orElse(List.of());
    }
  }

  /** The workload of the kernel that a call runs. */
  private static Optional<String> runs(CompiledModel model, int call) {
    int kernel = model.useKernels().get(call);
    return kernel < 0
        ? Optional.empty()
        : Optional.of(model.kernels().get(kernel))
            .map(KernelBuild::dag)
            .map(dag -> dag.canonical().workloadHash());
  }

  /** The default schedules, and then the finalists of the same place. */
  private List<ScheduleSource> sources(List<Finalists> finalists) {
    int most = finalists.stream().mapToInt(one -> one.candidates().size()).max().orElse(1);
    List<ScheduleSource> sources = new ArrayList<>(List.of(ScheduleSource.NONE));
    for (int place = 1; place < most; place++) {
      Map<String, ScheduleSource.Known> known = new HashMap<>();
      for (Finalists one : finalists) {
        if (place < one.candidates().size()) {
          known.put(
              one.task().workload(),
              new ScheduleSource.Known(
                  one.candidates().get(place).steps(), KernelBuild.Origin.TUNED));
        }
      }
      sources.add((dag, _) -> Optional.ofNullable(known.get(dag.workloadHash())));
    }
    return sources;
  }

  private static String summary(ScheduleContest.Outcome outcome) {
    long defaults = outcome.chosen().stream().filter(alternative -> alternative == 0).count();
    return "in the whole network: %.3f ms with default schedules, %.3f with those that are fastest by themselves, %.3f as chosen; of %d kernels that were compared %d keep the default"
        .formatted(
            outcome.defaultMs(),
            outcome.winnersMs(),
            outcome.chosenMs(),
            outcome.chosen().size(),
            defaults);
  }

  private static List<Choice> choices(
      List<Finalists> finalists,
      List<ScheduleContest.Kernel> kernels,
      ScheduleContest.Outcome outcome) {
    List<Choice> choices = new ArrayList<>();
    for (int k = 0; k < kernels.size(); k++) {
      if (kernels.get(k).calls().isEmpty()) {
        continue;
      }
      int chosen = outcome.chosen().get(k);
      List<Double> times = outcome.samples().times(kernels.get(k).calls().getFirst(), chosen);
      choices.add(
          new Choice(
              finalists.get(k).task(),
              finalists.get(k).candidates().get(chosen),
              MeasureResult.ok(
                  times.subList(0, Math.min(MOST_TIMES, times.size())), Conditions.IN_NETWORK)));
    }
    return choices;
  }
}
