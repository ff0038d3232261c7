package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.interpret.LoopInterpreter;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.LoopVerifier;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;

/** Compares lowered schedules with the plain evaluation of what they compute. */
final class LoweredCheck {
  private final ComputeDag dag;
  private final Map<Tensor, NDArray> inputs = new HashMap<>();
  private final List<NDArray> expected;
  private final double tolerance;

  /** A check for computations that are exact, whatever the order. */
  LoweredCheck(ComputeDag dag) {
    this(dag, 0);
  }

  /**
   * @param tolerance the difference allowed, relative to values above 1
   */
  LoweredCheck(ComputeDag dag, double tolerance) {
    this.dag = dag;
    this.tolerance = tolerance;
    Random random = new Random(7);
    for (Tensor input : dag.inputs()) {
      NDArray array = NDArray.allocate(type(input));
      for (long i = 0; i < array.elements(); i++) {
        boolean unsigned = input.dtype().kind() == DType.Kind.UINT;
        array.setLong(i, random.nextInt(9) - (unsigned ? 0 : 4));
      }
      inputs.put(input, array);
    }
    this.expected = TensorEvaluator.evaluate(dag.outputs(), inputs);
  }

  private static TensorType type(Tensor tensor) {
    long[] shape = tensor.shape().stream().mapToLong(size -> ((IntImm) size).value()).toArray();
    return TensorType.of(tensor.dtype(), shape);
  }

  private static NDArray arrayFor(Buffer buffer) {
    long[] shape = buffer.shape().stream().mapToLong(size -> ((IntImm) size).value()).toArray();
    return NDArray.allocate(TensorType.of(buffer.dtype(), shape));
  }

  /** Lowers and runs the schedule; a wrong element is an {@link AssertionError}. */
  void check(Schedule schedule) {
    LoweredKernel kernel = Lowering.lower(schedule, "kernel");
    LoopVerifier.verify(kernel.func());
    List<NDArray> arguments = new ArrayList<>();
    for (int i = 0; i < kernel.sources().size(); i++) {
      Buffer parameter = kernel.func().inputs().get(i);
      NDArray given = inputs.get(kernel.sources().get(i));
      for (PackedConstant packed : kernel.packed()) {
        if (packed.packed() == parameter) {
          LoopVerifier.verify(packed.packing());
          NDArray rewritten = arrayFor(parameter);
          LoopInterpreter.run(packed.packing(), List.of(given), List.of(rewritten));
          given = rewritten;
        }
      }
      arguments.add(given);
    }
    List<NDArray> results = kernel.func().outputs().stream().map(LoweredCheck::arrayFor).toList();
    LoopInterpreter.run(kernel.func(), arguments, results);
    for (int output = 0; output < results.size(); output++) {
      compare(dag.outputs().get(output), expected.get(output), results.get(output));
    }
  }

  private void compare(Tensor tensor, NDArray expected, NDArray actual) {
    for (long i = 0; i < expected.elements(); i++) {
      double wanted = expected.getDouble(i);
      double allowed = tolerance * Math.max(1, Math.abs(wanted));
      boolean same =
          Double.compare(wanted, actual.getDouble(i)) == 0
              || Math.abs(wanted - actual.getDouble(i)) <= allowed;
      if (!same) {
        throw new AssertionError(
            "element %d of %s is %s, not %s"
                .formatted(i, tensor, actual.getDouble(i), expected.getDouble(i)));
      }
    }
  }
}
