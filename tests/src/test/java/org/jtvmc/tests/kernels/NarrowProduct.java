package org.jtvmc.tests.kernels;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;

/** A product of narrow numbers with an epilogue, and inputs of which every sum is exact. */
final class NarrowProduct {
  private NarrowProduct() {}

  /** {@code relu(sum(wide(x[i, k]) * wide(w)) + 1)}, the weights read by columns or by rows. */
  static ComputeDag of(
      DType left, DType right, DType sum, long rows, long depth, long columns, boolean byRows) {
    Tensor x = Tensor.placeholder("x", left, rows, depth);
    Tensor w = weights(right, depth, columns, byRows);
    Tensor product = product(x, w, sum, byRows);
    Tensor result =
        sum.isFloat()
            ? Tensor.compute(
                "relu",
                product.shape(),
                i -> product.at(i).plus(FloatImm.f32(1)).max(FloatImm.f32(0)))
            : product;
    return ComputeDag.of(List.of(x, w), List.of(result));
  }

  /** Of shape {@code [columns, depth]} where they are read by rows, else the other way round. */
  static Tensor weights(DType dtype, long depth, long columns, boolean byRows) {
    return byRows
        ? Tensor.placeholder("w", dtype, columns, depth)
        : Tensor.placeholder("w", dtype, depth, columns);
  }

  /** The sums alone, of {@code x[rows, depth]} and {@link #weights}. */
  static Tensor product(Tensor x, Tensor w, DType sum, boolean byRows) {
    return Tensor.reduce(
        "product",
        Reducer.SUM,
        List.of(x.shape().get(0), w.shape().get(byRows ? 0 : 1)),
        List.of(x.shape().get(1)),
        (i, r) -> {
          PrimExpr weight = byRows ? w.at(i.get(1), r.get(0)) : w.at(r.get(0), i.get(1));
          return x.at(i.get(0), r.get(0)).cast(sum).times(weight.cast(sum));
        });
  }

  /** The inputs of {@code dag} as those of one of its strategies, or of itself. */
  static Map<Tensor, NDArray> ofStrategy(
      Map<Tensor, NDArray> inputs, ComputeDag dag, ComputeDag strategy) {
    Map<Tensor, NDArray> others = new HashMap<>();
    for (int i = 0; i < dag.inputs().size(); i++) {
      others.put(strategy.inputs().get(i), inputs.get(dag.inputs().get(i)));
    }
    return others;
  }

  /** Small whole numbers: every sum is exact, whatever its order. */
  static Map<Tensor, NDArray> inputs(ComputeDag dag) {
    Random random = new Random(5);
    Map<Tensor, NDArray> inputs = new HashMap<>();
    for (Tensor input : dag.inputs()) {
      NDArray array = NDArray.allocate(ScheduledKernel.type(input.dtype(), input.shape()));
      int least = input.dtype().equals(DType.U8) ? 0 : -6;
      for (long i = 0; i < array.elements(); i++) {
        array.setDouble(i, least + random.nextInt(13));
      }
      inputs.put(input, array);
    }
    return inputs;
  }
}
