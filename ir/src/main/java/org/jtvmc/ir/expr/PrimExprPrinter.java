package org.jtvmc.ir.expr;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jtvmc.ir.type.DType;

/** The readable form of scalar expressions. Variables print by name unless told otherwise. */
public final class PrimExprPrinter {

  private final Function<PrimVar, String> names;

  /** A printer that asks {@code names} for each variable's text. */
  public PrimExprPrinter(Function<PrimVar, String> names) {
    this.names = names;
  }

  static String print(PrimExpr expr) {
    return new PrimExprPrinter(PrimVar::name).text(expr);
  }

  /** The text of {@code expr}; operators are parenthesised, so precedence plays no part. */
  public String text(PrimExpr expr) {
    return switch (expr) {
      case IntImm(DType dtype, long value) -> {
        if (dtype.isBool()) {
          yield value != 0 ? "true" : "false";
        }
        yield dtype.equals(DType.I64) ? Long.toString(value) : dtype + "(" + value + ")";
      }
      case FloatImm(DType dtype, double value) ->
          dtype.equals(DType.F32) ? (float) value + "f" : dtype + "(" + value + ")";
      case PrimVar variable -> names.apply(variable);
      case Binary(BinaryOp op, PrimExpr left, PrimExpr right) ->
          op.isFunction()
              ? op.symbol() + "(" + text(left) + ", " + text(right) + ")"
              : "(" + text(left) + " " + op.symbol() + " " + text(right) + ")";
      case Compare(Compare.Op op, PrimExpr left, PrimExpr right) ->
          "(" + text(left) + " " + op.symbol() + " " + text(right) + ")";
      case Not(PrimExpr operand) -> "not " + text(operand);
      case Select(PrimExpr condition, PrimExpr whenTrue, PrimExpr whenFalse) ->
          "select(" + text(condition) + ", " + text(whenTrue) + ", " + text(whenFalse) + ")";
      case Cast(DType dtype, PrimExpr value) -> dtype + "(" + text(value) + ")";
      case Reinterpret(DType dtype, PrimExpr value) -> "bits_" + dtype + "(" + text(value) + ")";
      case Intrinsic(IntrinsicOp op, List<PrimExpr> arguments) ->
          op.symbol() + "(" + texts(arguments) + ")";
      case Read read -> read.tensor().name() + "[" + texts(read.indices()) + "]";
      case Load load -> load.buffer().name() + "[" + texts(load.indices()) + "]";
    };
  }

  /** The texts of {@code exprs}, separated by commas. */
  public String texts(List<PrimExpr> exprs) {
    return exprs.stream().map(this::text).collect(Collectors.joining(", "));
  }
}
