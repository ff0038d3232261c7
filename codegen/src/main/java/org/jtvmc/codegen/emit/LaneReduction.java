package org.jtvmc.codegen.emit;

import java.util.Optional;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.type.DType;

/**
 * {@code buffer[i] = op(buffer[i], value)}: the step of a reduction.
 *
 * @param accumulator the load of {@code buffer[i]}
 */
public record LaneReduction(BinaryOp op, Load accumulator, PrimExpr value) {

  /** The reduction that {@code store} is a step of, if any. */
  public static Optional<LaneReduction> match(Stmt.Store store) {
    if (!(store.value() instanceof Binary(BinaryOp op, PrimExpr left, PrimExpr right))
        || !isReduction(op)) {
      return Optional.empty();
    }
    if (isAccumulator(left, store)) {
      return Optional.of(new LaneReduction(op, (Load) left, right));
    }
    return isAccumulator(right, store)
        ? Optional.of(new LaneReduction(op, (Load) right, left))
        : Optional.empty();
  }

  private static boolean isAccumulator(PrimExpr expr, Stmt.Store store) {
    return expr instanceof Load load
        && load.buffer() == store.buffer()
        && load.indices().equals(store.indices());
  }

  private static boolean isReduction(BinaryOp op) {
    return switch (op) {
      case ADD, MULTIPLY, MIN, MAX, AND, OR -> true;
      case SUBTRACT,
          DIVIDE,
          REMAINDER,
          FLOOR_DIVIDE,
          FLOOR_MODULO,
          BIT_AND,
          BIT_OR,
          BIT_XOR,
          SHIFT_LEFT,
          SHIFT_RIGHT ->
          false;
    };
  }

  /** Folds the living lanes of {@code value} into one. */
  static Value across(EmitContext context, BinaryOp op, Value value) {
    IrBuilder ir = context.ir;
    Mask mask = context.mask();
    int lanes = mask.lanes();
    Value vector = ir.splat(value, lanes);
    if (!mask.isFull()) {
      Value alive = context.aliveLanes();
      vector = context.arithmetic.select(alive, vector, identity(context, op, value));
    }
    for (int half = lanes / 2; half >= 1; half /= 2) {
      int[] upper = new int[half];
      int[] lower = new int[half];
      for (int lane = 0; lane < half; lane++) {
        lower[lane] = lane;
        upper[lane] = half + lane;
      }
      Value low = part(ir, vector, lower);
      Value high = part(ir, vector, upper);
      vector = context.arithmetic.binary(op, low, high);
    }
    return vector;
  }

  private static Value part(IrBuilder ir, Value vector, int[] positions) {
    if (positions.length == 1) {
      return new Value(ir.extract(vector.ref(), positions[0]), vector.dtype(), 1);
    }
    var poison = ir.poison(ir.types().register(vector.dtype(), vector.lanes()));
    return new Value(ir.shuffle(vector.ref(), poison, positions), vector.dtype(), positions.length);
  }

  private static Value identity(EmitContext context, BinaryOp op, Value value) {
    PrimExpr neutral = neutral(op, value.dtype());
    return neutral instanceof FloatImm real
        ? context.ir.constant(value.dtype(), real.value())
        : context.ir.constant(value.dtype(), ((IntImm) neutral).value());
  }

  /** The value that leaves any other as it is under {@code op}, one of the reductions. */
  public static PrimExpr neutral(BinaryOp op, DType dtype) {
    Reducer reducer =
        switch (op) {
          case ADD -> Reducer.SUM;
          case MULTIPLY -> Reducer.PRODUCT;
          case MAX -> dtype.isBool() ? Reducer.ANY : Reducer.MAX;
          case MIN -> dtype.isBool() ? Reducer.ALL : Reducer.MIN;
          case AND -> Reducer.ALL;
          case OR -> Reducer.ANY;
          case SUBTRACT,
              DIVIDE,
              REMAINDER,
              FLOOR_DIVIDE,
              FLOOR_MODULO,
              BIT_AND,
              BIT_OR,
              BIT_XOR,
              SHIFT_LEFT,
              SHIFT_RIGHT ->
              throw new IllegalArgumentException("'" + op.symbol() + "' is no reduction");
        };
    return reducer.identity(dtype);
  }
}
