package org.jtvmc.compiler.plan;

import java.util.List;
import java.util.Optional;
import org.jtvmc.compiler.plan.Value.Result;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.HostOperator;

/**
 * One call of a kernel.
 *
 * @param function the fused function that the kernel computes
 * @param label names of the model's nodes that it stands for, for messages and profiles
 * @param inputs one per tensor that the function takes
 * @param outputs one per tensor that it gives
 */
public record KernelUse(Function function, String label, List<Value> inputs, List<Result> outputs) {

  public KernelUse {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** The call that a function of the native runtime computes, where that is all there is. */
  public Optional<Call> host() {
    return function.body() instanceof Call call && call.callee() instanceof HostOperator
        ? Optional.of(call)
        : Optional.empty();
  }
}
