package org.jtvmc.schedule;

import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.te.Tensor;

/**
 * The bytes that a kernel has to move at least: each tensor that it is given and gives, once. Of a
 * table of which it looks up a few rows, only as much counts as it can have read.
 */
public final class LeastTraffic {

  private LeastTraffic() {}

  /** Of all inputs and outputs. */
  public static long bytes(ComputeDag dag) {
    return Stream.concat(
            dag.inputs().stream().map(input -> Math.min(size(input), readAtMost(dag, input))),
            dag.outputs().stream().map(LeastTraffic::size))
        .mapToLong(Long::longValue)
        .sum();
  }

  /** One element in each iteration of each stage that reads the tensor; none says nothing. */
  public static long readAtMost(ComputeDag dag, Tensor input) {
    long elements = 0;
    for (Stage stage : dag.stages()) {
      long mentions = Collections.frequency(stage.reads(), input);
      elements += mentions * iterations(stage.axes());
    }
    return elements == 0 ? Long.MAX_VALUE : elements * input.dtype().bytes();
  }

  private static long iterations(List<IterVar> axes) {
    return axes.stream().mapToLong(IterVar::extent).reduce(1, (a, b) -> a * b);
  }

  private static long size(Tensor tensor) {
    long bytes = tensor.dtype().bytes();
    for (PrimExpr dim : tensor.shape()) {
      bytes *= dim instanceof IntImm known ? known.value() : 1;
    }
    return bytes;
  }
}
