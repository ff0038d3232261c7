package org.jtvmc.ir.expr;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;

/** Sizes of tensors as expressions, and back. */
public final class Sizes {

  private Sizes() {}

  /** The size as an {@code int64} expression. */
  public static PrimExpr expr(Dim dim) {
    return switch (dim) {
      case Dim.Known(long value) -> IntImm.of(value);
      case Dim.Symbol symbol -> PrimVar.size(symbol);
      case Dim.Derived(Dim.Operation operation, Dim left, Dim right) ->
          Binary.of(op(operation), expr(left), expr(right));
    };
  }

  private static BinaryOp op(Dim.Operation operation) {
    return switch (operation) {
      case ADD -> BinaryOp.ADD;
      case SUBTRACT -> BinaryOp.SUBTRACT;
      case MULTIPLY -> BinaryOp.MULTIPLY;
      case FLOOR_DIVIDE -> BinaryOp.FLOOR_DIVIDE;
      case MODULO -> BinaryOp.FLOOR_MODULO;
      case MAX -> BinaryOp.MAX;
      case MIN -> BinaryOp.MIN;
    };
  }

  /**
   * The size that the expression is.
   *
   * @throws IllegalArgumentException where it is none
   */
  public static Dim dim(PrimExpr expr) {
    return find(expr)
        .orElseThrow(() -> new IllegalArgumentException("%s is no size".formatted(expr)));
  }

  /** The size that the expression is; empty where it depends on anything but sizes. */
  public static Optional<Dim> find(PrimExpr expr) {
    return switch (expr) {
      case IntImm(DType dtype, long value) ->
          dtype.isBool() || value < 0 ? Optional.empty() : Optional.of(Dim.of(value));
      case PrimVar variable -> variable.symbol().map(symbol -> symbol);
      case Binary(BinaryOp op, PrimExpr left, IntImm(_, long value))
          when op == BinaryOp.ADD && value < 0 ->
          find(left).map(dim -> dim.plus(value));
      case Binary(BinaryOp op, PrimExpr left, PrimExpr right) ->
          operation(op)
              .flatMap(
                  operation ->
                      find(left).flatMap(a -> find(right).map(b -> derive(operation, a, b))));
      case FloatImm _,
          Compare _,
          Not _,
          Select _,
          Cast _,
          Reinterpret _,
          Intrinsic _,
          Read _,
          Load _ ->
          Optional.empty();
    };
  }

  private static Dim derive(Dim.Operation operation, Dim left, Dim right) {
    return Dim.derive(operation, left, right);
  }

  private static Optional<Dim.Operation> operation(BinaryOp op) {
    return switch (op) {
      case ADD -> Optional.of(Dim.Operation.ADD);
      case SUBTRACT -> Optional.of(Dim.Operation.SUBTRACT);
      case MULTIPLY -> Optional.of(Dim.Operation.MULTIPLY);
      case FLOOR_DIVIDE -> Optional.of(Dim.Operation.FLOOR_DIVIDE);
      case FLOOR_MODULO -> Optional.of(Dim.Operation.MODULO);
      case MAX -> Optional.of(Dim.Operation.MAX);
      case MIN -> Optional.of(Dim.Operation.MIN);
      case DIVIDE, REMAINDER, AND, OR, BIT_AND, BIT_OR, BIT_XOR, SHIFT_LEFT, SHIFT_RIGHT ->
          Optional.empty();
    };
  }

  /** The expression in the form that {@link #expr} gives, where it is a size; else itself. */
  public static PrimExpr canonical(PrimExpr expr) {
    return expr instanceof IntImm ? expr : find(expr).map(Sizes::expr).orElse(expr);
  }

  /** The product of sizes. */
  public static PrimExpr product(List<? extends PrimExpr> sizes) {
    PrimExpr product = IntImm.of(1);
    for (PrimExpr size : sizes) {
      product = product.times(size);
    }
    return canonical(product);
  }

  /** The expression with the usual size for every one that is known only at run time. */
  public static PrimExpr atUsualSizes(PrimExpr expr) {
    Map<PrimVar, PrimExpr> usual = new HashMap<>();
    for (PrimVar variable : PrimExprs.variables(expr).keySet()) {
      variable.symbol().ifPresent(symbol -> usual.put(variable, IntImm.of(symbol.usual())));
    }
    return PrimExprs.substitute(expr, usual);
  }

  /**
   * The number that a size usually is.
   *
   * @throws IllegalArgumentException where the expression is no size
   */
  public static long usual(PrimExpr expr) {
    return expr instanceof IntImm imm ? imm.value() : dim(expr).usual();
  }
}
