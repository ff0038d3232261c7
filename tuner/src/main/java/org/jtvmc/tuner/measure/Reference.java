package org.jtvmc.tuner.measure;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.DesignSpace;

/** Where the right outputs of a task come from. */
public sealed interface Reference {

  /** Operations up to which the evaluator is fast enough. */
  double EVALUATED_FLOPS = 1e7;

  /** The tensor expression evaluated directly, with no schedule and no code generator. */
  record Evaluated(InputData.Range range, List<NDArray> outputs) implements Reference {
    public Evaluated {
      outputs = List.copyOf(outputs);
    }
  }

  /** The computation compiled as {@link PlainSchedule} has it, which no rule of the space made. */
  record Compiled(KernelSource source) implements Reference {}

  /** The best reference for the size of {@code dag}. */
  static Reference of(ComputeDag dag, List<InputSpec> inputs) {
    if (dag.flops() > EVALUATED_FLOPS) {
      return new Compiled(KernelSource.of(Lowering.lower(PlainSchedule.of(dag), "reference"), dag));
    }
    Evaluated signed = evaluate(dag, inputs, InputData.Range.SIGNED);
    return allFinite(signed.outputs) ? signed : evaluate(dag, inputs, InputData.Range.POSITIVE);
  }

  /** The computation compiled for a CPU by the default schedule. */
  static Compiled scheduled(ComputeDag dag, CpuTarget host) {
    Schedule schedule = DesignSpace.of(dag, host).defaultCandidate().schedule();
    return new Compiled(KernelSource.of(Lowering.lower(schedule, "reference"), dag));
  }

  private static Evaluated evaluate(ComputeDag dag, List<InputSpec> inputs, InputData.Range range) {
    Map<Tensor, NDArray> contents = new HashMap<>();
    for (int k = 0; k < inputs.size(); k++) {
      NDArray array = NDArray.allocate(inputs.get(k).type());
      InputData.fill(array, inputs.get(k).limit(), range, k);
      contents.put(dag.inputs().get(k), array);
    }
    return new Evaluated(range, TensorEvaluator.evaluate(dag.outputs(), contents));
  }

  /** True where no float is infinite or NaN, so that comparing them means something. */
  static boolean allFinite(List<NDArray> outputs) {
    for (NDArray output : outputs) {
      if (output.dtype().isFloat()) {
        for (long k = 0; k < output.elements(); k++) {
          if (!Double.isFinite(output.getDouble(k))) {
            return false;
          }
        }
      }
    }
    return true;
  }
}
