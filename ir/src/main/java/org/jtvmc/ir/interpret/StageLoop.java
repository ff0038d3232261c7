package org.jtvmc.ir.interpret;

import java.util.List;
import java.util.Map;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;

/** Runs one stage over all its elements, in row-major order. */
final class StageLoop {
  private final ComputeOp op;
  private final ScalarCompiler compiler;
  private final int variableCount;
  private final long[] extents;
  private final long[] reduceExtents;

  StageLoop(ComputeOp op, Map<Tensor, NDArray> contents) {
    this.op = op;
    this.variableCount = op.axes().size() + op.reduceAxes().size();
    StageElements elements = new StageElements(op, contents);
    this.compiler = new ScalarCompiler(elements::position, elements);
    this.extents = extents(op.axes());
    this.reduceExtents = extents(op.reduceAxes());
  }

  private static long[] extents(List<Axis> axes) {
    return axes.stream().mapToLong(Axis::size).toArray();
  }

  void fill(NDArray result) {
    if (op.dtype().isFloat()) {
      fillReals(
          result, op.reducer().map(this::reduction).orElseGet(() -> compiler.real(op.body())));
    } else {
      fillIntegers(
          result,
          op.reducer().map(this::integerReduction).orElseGet(() -> compiler.integer(op.body())));
    }
  }

  private void fillReals(NDArray result, RealCode body) {
    long[] variables = new long[variableCount];
    long count = result.elements();
    for (long i = 0; i < count; i++) {
      result.setDouble(i, body.at(variables));
      advance(variables, 0, extents);
    }
  }

  private void fillIntegers(NDArray result, IntegerCode body) {
    long[] variables = new long[variableCount];
    long count = result.elements();
    for (long i = 0; i < count; i++) {
      result.setLong(i, body.at(variables));
      advance(variables, 0, extents);
    }
  }

  /** To the next element in row-major order; after the last one, to the first. */
  private static boolean advance(long[] variables, int first, long[] extents) {
    for (int i = extents.length - 1; i >= 0; i--) {
      if (++variables[first + i] < extents[i]) {
        return true;
      }
      variables[first + i] = 0;
    }
    return false;
  }

  private boolean nothingToReduce() {
    for (long extent : reduceExtents) {
      if (extent == 0) {
        return true;
      }
    }
    return false;
  }

  private RealCode reduction(Reducer reducer) {
    RealCode body = compiler.real(op.body());
    DType dtype = op.dtype();
    double identity = ((FloatImm) reducer.identity(dtype)).value();
    if (nothingToReduce()) {
      return _ -> identity;
    }
    int first = extents.length;
    return switch (reducer) {
      case SUM ->
          variables -> {
            double sum = identity;
            do {
              sum = Rounding.round(dtype, sum + body.at(variables));
            } while (advance(variables, first, reduceExtents));
            return sum;
          };
      case PRODUCT ->
          variables -> {
            double product = identity;
            do {
              product = Rounding.round(dtype, product * body.at(variables));
            } while (advance(variables, first, reduceExtents));
            return product;
          };
      case MAX ->
          variables -> {
            double largest = identity;
            do {
              largest = Math.max(largest, body.at(variables));
            } while (advance(variables, first, reduceExtents));
            return largest;
          };
      case MIN ->
          variables -> {
            double smallest = identity;
            do {
              smallest = Math.min(smallest, body.at(variables));
            } while (advance(variables, first, reduceExtents));
            return smallest;
          };
      case ALL, ANY -> throw new IllegalArgumentException(reducer + " of " + dtype);
    };
  }

  private IntegerCode integerReduction(Reducer reducer) {
    IntegerCode body = compiler.integer(op.body());
    PrimExpr identityExpr = reducer.identity(op.dtype());
    long identity = ((IntImm) identityExpr).value();
    if (nothingToReduce()) {
      return _ -> identity;
    }
    int first = extents.length;
    IntegerOperation combine = IntegerOperation.of(reducer, op.dtype());
    return variables -> {
      long accumulated = identity;
      do {
        accumulated = combine.apply(accumulated, body.at(variables));
      } while (advance(variables, first, reduceExtents));
      return accumulated;
    };
  }
}
