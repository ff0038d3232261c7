package org.jtvmc.compiler.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.compiler.lower.FunctionLowering;
import org.jtvmc.compiler.lower.KernelSizes;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.compiler.passes.Views;
import org.jtvmc.compiler.plan.ExecutionPlan;
import org.jtvmc.compiler.plan.KernelUse;
import org.jtvmc.compiler.plan.Value;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.ComputeDag;

/**
 * What a fused module computes, before its kernels are scheduled.
 *
 * @param sizes for every use what its kernel's sizes stand for
 * @param workloads for every use the hash of what it computes; empty for what the native runtime
 *     does
 * @param dags each distinct computation, by that hash, in the order of the first use
 */
record LoweredModel(
    ExecutionPlan plan,
    List<KernelSizes> sizes,
    List<String> workloads,
    Map<String, ComputeDag> dags) {

  /** Lowers a module whose main calls primitive functions only. */
  static LoweredModel of(IRModule module, Target target) {
    return of(ExecutionPlan.of(module, Views::isView), target);
  }

  /** Lowers what a plan calls. */
  static LoweredModel of(ExecutionPlan plan, Target target) {
    List<KernelSizes> sizes = new ArrayList<>();
    List<String> workloads = new ArrayList<>();
    Map<String, ComputeDag> dags = new LinkedHashMap<>();
    for (KernelUse use : plan.uses()) {
      sizes.add(new KernelSizes());
      if (use.host().isPresent()) {
        requireCpu(use, target);
        requireKnownSizes(use);
        workloads.add("");
      } else {
        ComputeDag dag = lower(use, sizes.getLast());
        workloads.add(dag.workloadHash());
        dags.putIfAbsent(dag.workloadHash(), dag);
      }
    }
    return new LoweredModel(plan, sizes, workloads, dags);
  }

  /** Whether sizes are known only when it runs. */
  boolean isOpen() {
    return plan.inputs().stream().anyMatch(input -> !input.isStatic())
        || plan.uses().stream().anyMatch(use -> !ExecutionPlan.decided(use).isEmpty());
  }

  /** The functions of the module that steps of the run call, each once. */
  List<String> regions() {
    return plan.uses().stream()
        .flatMap(use -> use.host().stream())
        .flatMap(call -> HostCalls.regions(call).stream())
        .distinct()
        .toList();
  }

  /** For every use the place of its computation among the distinct ones; -1 where it has none. */
  List<Integer> kernels() {
    List<String> order = List.copyOf(dags.keySet());
    return workloads.stream().map(order::indexOf).toList();
  }

  /** The kernel that a use runs. */
  static ComputeDag lower(KernelUse use, KernelSizes sizes) {
    List<Boolean> constant = new ArrayList<>();
    int first = 0;
    for (Var parameter : use.function().parameters()) {
      int count = FunctionLowering.tensorTypes(parameter.type()).size();
      constant.add(
          use.inputs().subList(first, first + count).stream()
              .allMatch(value -> value.storage() instanceof Value.Weight));
      first += count;
    }
    try {
      return FunctionLowering.lower(use.function(), constant::get, sizes);
    } catch (IllegalStateException e) {
      // Some operators' expressions are made for numbers.
      throw new ModelException(
          "%s needs known sizes: %s; give numbers with --input-shapes"
              .formatted(use.label(), e.getMessage()),
          e);
    }
  }

  private static void requireKnownSizes(KernelUse use) {
    boolean isKnown = use.inputs().stream().allMatch(value -> value.type().isStatic());
    Call call = use.host().orElseThrow();
    if (!isKnown && !HostCalls.controls(call) && HostCalls.openParameters(call).isEmpty()) {
      throw new ModelException(
          "%s needs known sizes of the inputs; give numbers with".formatted(use.label())
              + " --input-shapes");
    }
  }

  private static void requireCpu(KernelUse use, Target target) {
    if (target instanceof CudaTarget) {
      throw new ModelException(
          "node '%s' decides over sizes or draws by chance while the model runs, which only models for CPUs can do; compile with --target llvm"
              .formatted(use.label()));
    }
  }
}
