package org.jtvmc.compiler.verify;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.compiler.pipeline.CompiledModel;
import org.jtvmc.compiler.plan.KernelUse;
import org.jtvmc.compiler.plan.Value;
import org.jtvmc.compiler.run.StepwiseModel;
import org.jtvmc.compiler.verify.OutputComparison.Tolerance;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.interpret.GraphEvaluator;

/**
 * Compares every kernel of a model with the interpreter, on what the kernels before it have
 * computed: differences do not add up along the model, so that the faulty kernel stands out.
 */
public final class KernelCheck {

  private KernelCheck() {}

  /** One comparison for each result of each call, named after the model's nodes. */
  public static List<OutputComparison> compare(
      CompiledModel model, IRModule module, StepwiseModel steps, Tolerance tolerance) {
    GraphEvaluator interpreter = new GraphEvaluator(module);
    List<OutputComparison> comparisons = new ArrayList<>();
    for (int step = 0; step < steps.steps(); step++) {
      KernelUse use = model.plan().uses().get(step);
      List<NDArray> arguments = use.inputs().stream().map(steps::contents).toList();
      List<NDArray> expected = interpreter.evaluate(use.function(), arguments);
      steps.run(step);
      for (int i = 0; i < expected.size(); i++) {
        Value.Result result = use.outputs().get(i);
        String name = use.label().isEmpty() ? model.calls().get(step).kernel() : use.label();
        comparisons.add(
            OutputComparison.of(name, steps.contents(result), expected.get(i), tolerance));
      }
    }
    return comparisons;
  }
}
