package org.jtvmc.ir.op.math;

import static org.jtvmc.ir.op.math.ElementDomain.ANY;
import static org.jtvmc.ir.op.math.ElementDomain.BOOL;
import static org.jtvmc.ir.op.math.ElementDomain.INTEGER;
import static org.jtvmc.ir.op.math.ElementDomain.NUMBER;

import java.util.List;
import java.util.function.BinaryOperator;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/**
 * The functions of two elements of one type, as a table. Shapes broadcast as numpy's; integer
 * {@code divide} rounds towards zero, as ONNX's Div.
 */
public final class BinaryElementwise extends TensorOperator {
  private final ElementDomain domain;
  private final BinaryOperator<PrimExpr> body;

  private BinaryElementwise(String name, ElementDomain domain, BinaryOperator<PrimExpr> body) {
    super(name, FusionKind.BROADCAST, List.of("left", "right"), List.of());
    this.domain = domain;
    this.body = body;
  }

  private BinaryElementwise(String name, ElementDomain domain, BinaryOp op) {
    this(name, domain, (a, b) -> Binary.of(op, a, b));
  }

  private BinaryElementwise(String name, ElementDomain domain, Compare.Op op) {
    this(name, domain, (a, b) -> Compare.of(op, a, b));
  }

  /** The table. */
  public static List<Operator> all() {
    return List.of(
        new BinaryElementwise("add", NUMBER, BinaryOp.ADD),
        new BinaryElementwise("subtract", NUMBER, BinaryOp.SUBTRACT),
        new BinaryElementwise("multiply", NUMBER, BinaryOp.MULTIPLY),
        new BinaryElementwise("divide", NUMBER, BinaryOp.DIVIDE),
        new BinaryElementwise("mod", NUMBER, BinaryElementwise::floorRemainder),
        new BinaryElementwise("trunc_mod", NUMBER, BinaryOp.REMAINDER),
        new BinaryElementwise("minimum", NUMBER, BinaryOp.MIN),
        new BinaryElementwise("maximum", NUMBER, BinaryOp.MAX),
        new BinaryElementwise("equal", ANY, Compare.Op.EQUAL),
        new BinaryElementwise("not_equal", ANY, Compare.Op.NOT_EQUAL),
        new BinaryElementwise("less", NUMBER, Compare.Op.LESS),
        new BinaryElementwise("less_equal", NUMBER, Compare.Op.LESS_EQUAL),
        new BinaryElementwise("greater", NUMBER, Compare.Op.GREATER),
        new BinaryElementwise("greater_equal", NUMBER, Compare.Op.GREATER_EQUAL),
        new BinaryElementwise("logical_and", BOOL, BinaryOp.AND),
        new BinaryElementwise("logical_or", BOOL, BinaryOp.OR),
        new BinaryElementwise("logical_xor", BOOL, Compare.Op.NOT_EQUAL),
        new BinaryElementwise("bitwise_and", INTEGER, BinaryOp.BIT_AND),
        new BinaryElementwise("bitwise_or", INTEGER, BinaryOp.BIT_OR),
        new BinaryElementwise("bitwise_xor", INTEGER, BinaryOp.BIT_XOR),
        new BinaryElementwise("left_shift", INTEGER, BinaryOp.SHIFT_LEFT),
        new BinaryElementwise("right_shift", INTEGER, BinaryOp.SHIFT_RIGHT));
  }

  /** With the divisor's sign, zeros too, as numpy's mod and Python's {@code %}. */
  private static PrimExpr floorRemainder(PrimExpr a, PrimExpr b) {
    if (a.dtype().isInteger()) {
      return a.floorMod(b);
    }
    PrimExpr zero = IntImm.of(a.dtype(), 0);
    PrimExpr remainder = Binary.of(BinaryOp.REMAINDER, a, b);
    PrimExpr otherSign =
        Compare.of(Compare.Op.NOT_EQUAL, remainder.lessThan(zero), b.lessThan(zero));
    PrimExpr signedZero =
        Select.of(b.lessThan(zero), new FloatImm(a.dtype(), -0.0), new FloatImm(a.dtype(), 0.0));
    return Select.of(
        remainder.equalTo(zero), signedZero, Select.of(otherSign, remainder.plus(b), remainder));
  }

  @Override
  public FusionKind fusionKind(List<Type> arguments, Attributes attributes) {
    return kind(arguments);
  }

  /** Elementwise where no argument is stretched. */
  static FusionKind kind(List<Type> arguments) {
    List<Dim> shape = ((TensorType) arguments.getFirst()).shape();
    boolean equal = arguments.stream().allMatch(a -> ((TensorType) a).shape().equals(shape));
    return equal ? FusionKind.ELEMENTWISE : FusionKind.BROADCAST;
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    DType dtype = Shapes.commonDType(arguments);
    domain.require(dtype);
    PrimExpr one = IntImm.of(dtype, 1);
    return new TensorType(
        Shapes.broadcast(arguments.get(0).shape(), arguments.get(1).shape()),
        body.apply(one, one).dtype());
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    List<Axis> axes = Axes.of(result);
    return List.of(
        Tensor.map(
            name(),
            axes,
            body.apply(
                Axes.readBroadcast(inputs.get(0), axes), Axes.readBroadcast(inputs.get(1), axes))));
  }
}
