package org.jtvmc.compiler.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.compiler.lower.FunctionLowering;
import org.jtvmc.compiler.plan.ExecutionPlan;
import org.jtvmc.compiler.plan.KernelUse;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.HostOperator;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** What calls of the native runtime's operators take beside their tensors. */
final class HostCalls {

  private HostCalls() {}

  static String symbol(Call call) {
    return operator(call).symbol();
  }

  /** The code of functions that are not of the native runtime, each once, by their names. */
  static Map<String, byte[]> objects(ExecutionPlan plan) {
    Map<String, byte[]> objects = new LinkedHashMap<>();
    for (KernelUse use : plan.uses()) {
      use.host()
          .filter(call -> operator(call).object().length > 0)
          .ifPresent(call -> objects.putIfAbsent(symbol(call), operator(call).object()));
    }
    return objects;
  }

  static Dim scratchBytes(Call call) {
    return operator(call).scratchBytes(inputs(call), call.attributes());
  }

  static boolean makesTexts(Call call) {
    return operator(call).makesTexts();
  }

  static boolean controls(Call call) {
    return operator(call).controls();
  }

  /** The functions of the module that a call runs. */
  static List<String> regions(Call call) {
    return operator(call).regions(call.attributes());
  }

  /**
   * The numbers that the function is told, to be kept with the weights.
   *
   * @param regions the names of the functions that the model runs, by their numbers
   */
  static NDArray parameters(Call call, List<String> regions) {
    List<Long> numbers =
        new ArrayList<>(operator(call).parameters(inputs(call), call.attributes(), call.type()));
    List<String> own = regions(call);
    for (int i = 0; i < own.size(); i++) {
      numbers.set(i, (long) regions.indexOf(own.get(i)));
    }
    return NDArray.ofLongs(numbers);
  }

  /** The same where sizes are open; empty where the function needs numbers. */
  static Optional<List<Dim>> openParameters(Call call) {
    return operator(call).openParameters(inputs(call), call.attributes(), call.type());
  }

  /** Numbers that no size changes; none where there is no table. */
  static Optional<NDArray> table(Call call) {
    List<Long> numbers = operator(call).table(call.attributes());
    return numbers.isEmpty() ? Optional.empty() : Optional.of(NDArray.ofLongs(numbers));
  }

  private static HostOperator operator(Call call) {
    return (HostOperator) call.callee();
  }

  private static List<TensorType> inputs(Call call) {
    return call.arguments().stream()
        .flatMap(argument -> FunctionLowering.tensorTypes(argument.type()).stream())
        .toList();
  }
}
