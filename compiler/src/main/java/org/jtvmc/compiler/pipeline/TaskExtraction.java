package org.jtvmc.compiler.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.compiler.passes.Views;
import org.jtvmc.compiler.plan.ExecutionPlan;
import org.jtvmc.compiler.plan.KernelUse;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.tuner.task.TuningTask;

/** The tuning tasks of a model: its distinct kernels. */
public final class TaskExtraction {

  private TaskExtraction() {}

  /**
   * The tasks, in the order in which a run first comes to them; open sizes have their usual value.
   *
   * @param fused a module whose main calls primitive functions only
   */
  public static List<TuningTask> tasks(IRModule fused) {
    return tasks(List.of(fused));
  }

  /** The tasks of several modules, such as those of one model for several shapes. */
  public static List<TuningTask> tasks(List<IRModule> fused) {
    Map<String, ComputeDag> dags = new LinkedHashMap<>();
    Map<String, Integer> weights = new LinkedHashMap<>();
    List<KernelUse> uses =
        fused.stream()
            .flatMap(module -> module.functions().entrySet().stream())
            .filter(entry -> entry.getKey().equals(IRModule.MAIN) || entry.getValue().isRegion())
            .flatMap(entry -> ExecutionPlan.of(entry.getValue(), Views::isView).uses().stream())
            .toList();
    for (KernelUse use : uses) {
      if (use.host().isPresent()) {
        continue;
      }
      ComputeDag dag = ModelCompiler.dag(use);
      dags.putIfAbsent(dag.workloadHash(), dag);
      weights.merge(dag.workloadHash(), 1, Integer::sum);
    }
    List<TuningTask> tasks = new ArrayList<>();
    dags.forEach(
        (hash, dag) ->
            tasks.add(new TuningTask(tasks.size(), KernelNames.of(dag), weights.get(hash), dag)));
    return tasks;
  }

  /** How many kernels one run of the module calls. */
  public static int calls(IRModule fused) {
    return ExecutionPlan.of(fused.main(), Views::isView).uses().size();
  }
}
