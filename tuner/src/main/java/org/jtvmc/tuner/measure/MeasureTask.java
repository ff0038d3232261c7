package org.jtvmc.tuner.measure;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.PlaceholderOp;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.schedule.ComputeDag;

/**
 * What every candidate of a task is run on and compared with.
 *
 * @param key names the task; equal keys mean equal tasks
 * @param reference gives the right outputs
 */
public record MeasureTask(
    String key, List<InputSpec> inputs, List<TensorType> outputs, Reference reference) {

  public MeasureTask {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /**
   * The task of computing {@code dag}.
   *
   * @throws MeasureException where a size is not known or the right answer cannot be found
   */
  public static MeasureTask of(ComputeDag dag) {
    Map<Tensor, Long> limits = indexLimits(dag);
    List<InputSpec> inputs = new ArrayList<>();
    for (Tensor input : dag.inputs()) {
      inputs.add(new InputSpec(type(input), limits.getOrDefault(input, Long.MAX_VALUE)));
    }
    List<TensorType> outputs = dag.outputs().stream().map(MeasureTask::type).toList();
    return new MeasureTask(dag.workloadHash(), inputs, outputs, reference(dag, inputs));
  }

  /**
   * The task of computing {@code dag} on another device than the CPU, which gives the right answer
   * by its own default schedule: a computation that keeps a GPU busy is too long without one.
   *
   * @param host this machine's CPU
   * @throws MeasureException where a size is not known or the right answer cannot be found
   */
  public static MeasureTask of(ComputeDag dag, CpuTarget host) {
    MeasureTask plain = of(dag);
    return switch (plain.reference) {
      case Reference.Evaluated _ -> plain;
      case Reference.Compiled _ ->
          new MeasureTask(plain.key, plain.inputs, plain.outputs, Reference.scheduled(dag, host));
    };
  }

  private static Reference reference(ComputeDag dag, List<InputSpec> inputs) {
    try {
      return Reference.of(dag, inputs);
    } catch (RuntimeException e) {
      throw new MeasureException(
          "the right answer of a task cannot be computed: " + e.getMessage(), e);
    }
  }

  /** True where outputs are rounded from floats. */
  public boolean readsFloats() {
    return inputs.stream().anyMatch(input -> input.type().dtype().isFloat());
  }

  private static TensorType type(Tensor tensor) {
    List<Dim> shape = new ArrayList<>();
    for (PrimExpr size : tensor.shape()) {
      if (!(size instanceof IntImm known)) {
        throw new MeasureException(
            "a size of '%s' is known only at run time: bind it to measure".formatted(tensor));
      }
      shape.add(Dim.of(known.value()));
    }
    return new TensorType(shape, tensor.dtype());
  }

  /** For each input whose values reach an index, the smallest dimension that is so indexed. */
  private static Map<Tensor, Long> indexLimits(ComputeDag dag) {
    Map<Tensor, Long> limits = new HashMap<>();
    for (var stage : dag.stages()) {
      PrimExprs.forEach(
          stage.op().body(),
          node -> {
            if (node instanceof Read read) {
              for (int dim = 0; dim < read.indices().size(); dim++) {
                if (read.tensor().dim(dim) instanceof IntImm size) {
                  limitReads(read.indices().get(dim), size.value(), limits);
                }
              }
            }
          });
    }
    return limits;
  }

  private static void limitReads(PrimExpr expr, long limit, Map<Tensor, Long> limits) {
    PrimExprs.forEach(
        expr,
        node -> {
          if (node instanceof Read read) {
            switch (read.tensor().op()) {
              case PlaceholderOp _ -> limits.merge(read.tensor(), limit, Math::min);
              case ComputeOp op -> limitReads(op.body(), limit, limits);
            }
          }
        });
  }
}
