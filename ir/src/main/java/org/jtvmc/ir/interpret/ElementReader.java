package org.jtvmc.ir.interpret;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;

/**
 * Reads of one tensor. Indices that are affine in the axes are merged into a single sum; those that
 * may leave the tensor are checked at every read.
 */
final class ElementReader {
  private final IntegerCode position;

  private ElementReader(IntegerCode position) {
    this.position = position;
  }

  static ElementReader of(Read read, StageElements stage, ScalarCompiler compiler) {
    Tensor tensor = read.tensor();
    long[] coefficients = new long[stage.variableCount()];
    long constant = 0;
    List<IntegerCode> others = new ArrayList<>();
    long stride = 1;
    for (int i = tensor.rank() - 1; i >= 0; i--) {
      long size = ((IntImm) tensor.dim(i)).value();
      PrimExpr index = read.indices().get(i);
      Optional<Affine> affine = Affine.of(index, stage);
      if (affine.isPresent() && affine.get().isWithin(size, stage)) {
        constant += affine.get().constant * stride;
        for (int v = 0; v < coefficients.length; v++) {
          coefficients[v] += affine.get().coefficients[v] * stride;
        }
      } else {
        others.add(checked(compiler.integer(index), tensor, i, size, stride));
      }
      stride *= size;
    }
    return new ElementReader(sum(coefficients, constant, others));
  }

  private static IntegerCode checked(
      IntegerCode index, Tensor tensor, int dimension, long size, long stride) {
    return v -> {
      long value = index.at(v);
      if (value < 0 || value >= size) {
        throw new IndexOutOfBoundsException(
            "tensor '%s' is read at %d in dimension %d of size %d"
                .formatted(tensor.name(), value, dimension, size));
      }
      return value * stride;
    };
  }

  private static IntegerCode sum(long[] coefficients, long constant, List<IntegerCode> others) {
    List<Integer> used = new ArrayList<>();
    for (int i = 0; i < coefficients.length; i++) {
      if (coefficients[i] != 0) {
        used.add(i);
      }
    }
    int[] variables = used.stream().mapToInt(i -> i).toArray();
    long[] factors = used.stream().mapToLong(i -> coefficients[i]).toArray();
    IntegerCode affine =
        v -> {
          long sum = constant;
          for (int i = 0; i < variables.length; i++) {
            sum += v[variables[i]] * factors[i];
          }
          return sum;
        };
    IntegerCode total = affine;
    for (IntegerCode other : others) {
      IntegerCode before = total;
      total = v -> before.at(v) + other.at(v);
    }
    return total;
  }

  RealCode real(NDArray array) {
    MemorySegment data = array.data();
    DType dtype = array.dtype();
    if (dtype.equals(DType.F32)) {
      return v -> data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, position.at(v) * Float.BYTES);
    }
    return v -> array.getDouble(position.at(v));
  }

  IntegerCode integer(NDArray array) {
    return v -> array.getLong(position.at(v));
  }

  /** {@code constant + sum of coefficients * variables}. */
  private static final class Affine {
    private final long[] coefficients;
    private final long constant;

    private Affine(long[] coefficients, long constant) {
      this.coefficients = coefficients;
      this.constant = constant;
    }

    static Optional<Affine> of(PrimExpr expr, StageElements stage) {
      return switch (expr) {
        case IntImm imm -> Optional.of(new Affine(new long[stage.variableCount()], imm.value()));
        case PrimVar variable -> {
          long[] coefficients = new long[stage.variableCount()];
          coefficients[stage.position(variable)] = 1;
          yield Optional.of(new Affine(coefficients, 0));
        }
        case Binary(BinaryOp op, PrimExpr left, PrimExpr right) when op == BinaryOp.ADD ->
            combine(of(left, stage), of(right, stage), 1);
        case Binary(BinaryOp op, PrimExpr left, PrimExpr right) when op == BinaryOp.SUBTRACT ->
            combine(of(left, stage), of(right, stage), -1);
        case Binary(BinaryOp op, PrimExpr left, IntImm right) when op == BinaryOp.MULTIPLY ->
            combine(of(IntImm.of(0), stage), of(left, stage), right.value());
        case PrimExpr _ -> Optional.empty();
      };
    }

    private static Optional<Affine> combine(
        Optional<Affine> left, Optional<Affine> right, long factor) {
      if (left.isEmpty() || right.isEmpty()) {
        return Optional.empty();
      }
      long[] coefficients = left.get().coefficients.clone();
      for (int i = 0; i < coefficients.length; i++) {
        coefficients[i] += factor * right.get().coefficients[i];
      }
      return Optional.of(
          new Affine(coefficients, left.get().constant + factor * right.get().constant));
    }

    /** True where no values of the axes lead outside {@code [0, size)}. */
    boolean isWithin(long size, StageElements stage) {
      long smallest = constant;
      long largest = constant;
      for (int i = 0; i < coefficients.length; i++) {
        Axis axis = stage.axis(i);
        long span = coefficients[i] * Math.max(0, axis.size() - 1);
        smallest += Math.min(0, span);
        largest += Math.max(0, span);
      }
      return smallest >= 0 && largest < size;
    }
  }
}
