package org.jtvmc.ir.op.math;

import static org.jtvmc.ir.op.math.ElementDomain.ANY;
import static org.jtvmc.ir.op.math.ElementDomain.BOOL;
import static org.jtvmc.ir.op.math.ElementDomain.FLOAT;
import static org.jtvmc.ir.op.math.ElementDomain.INTEGER;
import static org.jtvmc.ir.op.math.ElementDomain.NUMBER;
import static org.jtvmc.ir.op.math.ElementDomain.SIGNED;

import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.Not;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** The functions of one element that have no attributes, as a table. */
public final class UnaryElementwise extends TensorOperator {
  private final ElementDomain domain;
  private final UnaryOperator<PrimExpr> body;

  private UnaryElementwise(String name, ElementDomain domain, UnaryOperator<PrimExpr> body) {
    super(name, FusionKind.ELEMENTWISE, List.of("x"), List.of());
    this.domain = domain;
    this.body = body;
  }

  /** The table. */
  public static List<Operator> all() {
    Stream<Operator> intrinsics =
        Stream.of(
                IntrinsicOp.EXP,
                IntrinsicOp.EXP2,
                IntrinsicOp.EXPM1,
                IntrinsicOp.LOG,
                IntrinsicOp.LOG1P,
                IntrinsicOp.LOG2,
                IntrinsicOp.SQRT,
                IntrinsicOp.RSQRT,
                IntrinsicOp.TANH,
                IntrinsicOp.SIGMOID,
                IntrinsicOp.ERF,
                IntrinsicOp.SIN,
                IntrinsicOp.COS,
                IntrinsicOp.TAN,
                IntrinsicOp.ASIN,
                IntrinsicOp.ACOS,
                IntrinsicOp.ATAN,
                IntrinsicOp.SINH,
                IntrinsicOp.COSH,
                IntrinsicOp.ASINH,
                IntrinsicOp.ACOSH,
                IntrinsicOp.ATANH,
                IntrinsicOp.FLOOR,
                IntrinsicOp.CEIL,
                IntrinsicOp.ROUND,
                IntrinsicOp.TRUNC,
                IntrinsicOp.IS_NAN)
            .map(
                op ->
                    new UnaryElementwise(
                        op.name().toLowerCase(Locale.ROOT), FLOAT, x -> Intrinsic.of(op, x)));
    Stream<Operator> others =
        Stream.of(
            new UnaryElementwise("abs", NUMBER, UnaryElementwise::absolute),
            new UnaryElementwise("sign", NUMBER, UnaryElementwise::sign),
            new UnaryElementwise("negative", SIGNED, UnaryElementwise::negated),
            new UnaryElementwise("reciprocal", FLOAT, x -> IntImm.of(x.dtype(), 1).dividedBy(x)),
            new UnaryElementwise("logical_not", BOOL, Not::of),
            new UnaryElementwise(
                "bitwise_not",
                INTEGER,
                x -> Binary.of(BinaryOp.BIT_XOR, x, IntImm.of(x.dtype(), allOnes(x.dtype())))),
            new UnaryElementwise("copy", ANY, x -> x));
    return Stream.concat(intrinsics, others).toList();
  }

  private static PrimExpr absolute(PrimExpr x) {
    return x.dtype().isSigned() ? Intrinsic.of(IntrinsicOp.ABS, x) : x;
  }

  private static PrimExpr sign(PrimExpr x) {
    DType dtype = x.dtype();
    return dtype.isSigned()
        ? Intrinsic.of(IntrinsicOp.SIGN, x)
        : Select.of(x.equalTo(IntImm.of(dtype, 0)), IntImm.of(dtype, 0), IntImm.of(dtype, 1));
  }

  /** Multiplied by -1 where floating point, for {@code 0 - 0} would lose the sign of a zero. */
  private static PrimExpr negated(PrimExpr x) {
    return x.dtype().isFloat() ? x.times(-1) : IntImm.of(x.dtype(), 0).minus(x);
  }

  private static long allOnes(DType dtype) {
    return dtype.kind() == DType.Kind.INT ? -1 : -1L >>> (64 - dtype.bits());
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType x = arguments.getFirst();
    domain.require(x.dtype());
    PrimExpr sample = body.apply(IntImm.of(x.dtype(), 0));
    return x.withDType(sample.dtype());
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor x = inputs.getFirst();
    List<Axis> axes = Axes.of(x.shape());
    return List.of(Tensor.map(name(), axes, body.apply(x.at(Axes.vars(axes)))));
  }
}
