package org.jtvmc.ir.op.nn;

import java.util.List;
import java.util.function.BiFunction;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
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
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/** The activation functions of one element, as a table; the formulas are those of ONNX. */
public final class Activation extends TensorOperator {
  private final BiFunction<PrimExpr, Attributes, PrimExpr> body;

  private Activation(
      String name, BiFunction<PrimExpr, Attributes, PrimExpr> body, AttributeSpec... attributes) {
    super(name, FusionKind.ELEMENTWISE, List.of("x"), List.of(attributes));
    this.body = body;
  }

  /** The table. */
  public static List<Operator> all() {
    return List.of(
        new Activation("nn.relu", (x, _) -> x.max(number(x, 0))),
        new Activation(
            "nn.leaky_relu",
            (x, a) -> Select.of(negative(x), x.times(number(x, a, "alpha")), x),
            optional("alpha", 0.01, "the slope of the negative side")),
        new Activation(
            "nn.thresholded_relu",
            (x, a) ->
                Select.of(
                    Compare.of(Compare.Op.GREATER, x, number(x, a, "alpha")), x, number(x, 0)),
            optional("alpha", 1.0, "what an element must exceed to pass")),
        new Activation(
            "nn.elu",
            (x, a) -> Select.of(negative(x), expm1(x).times(number(x, a, "alpha")), x),
            optional("alpha", 1.0, "minus the limit of the negative side")),
        new Activation(
            "nn.selu",
            (x, a) ->
                Select.of(negative(x), expm1(x).times(number(x, a, "alpha")), x)
                    .times(number(x, a, "gamma")),
            optional("alpha", 1.67326319217681884765625, "minus the limit of the negative side"),
            optional("gamma", 1.05070102214813232421875, "a factor of the whole")),
        new Activation(
            "nn.celu",
            (x, a) -> {
              PrimExpr alpha = number(x, a, "alpha");
              return x.max(number(x, 0))
                  .plus(alpha.times(expm1(x.dividedBy(alpha))).min(number(x, 0)));
            },
            optional("alpha", 1.0, "minus the limit of the negative side")),
        new Activation(
            "nn.hard_sigmoid",
            (x, a) -> clipToUnit(x.times(number(x, a, "alpha")).plus(number(x, a, "beta"))),
            optional("alpha", 0.2, "the slope"),
            optional("beta", 0.5, "the value at 0")),
        new Activation(
            "nn.hard_swish",
            (x, _) -> x.times(clipToUnit(x.times(number(x, 1.0 / 6)).plus(number(x, 0.5))))),
        new Activation("nn.silu", (x, _) -> x.times(Intrinsic.of(IntrinsicOp.SIGMOID, x))),
        new Activation("nn.mish", (x, _) -> x.times(Intrinsic.of(IntrinsicOp.TANH, softplus(x)))),
        new Activation("nn.softplus", (x, _) -> softplus(x)),
        new Activation(
            "nn.softsign",
            (x, _) -> x.dividedBy(Intrinsic.of(IntrinsicOp.ABS, x).plus(number(x, 1)))),
        new Activation(
            "nn.gelu",
            Activation::gelu,
            optional("approximate", "none", "'none' for the exact erf, or 'tanh'")));
  }

  private static PrimExpr number(PrimExpr like, double value) {
    return like.dtype().isFloat()
        ? new FloatImm(like.dtype(), value)
        : new IntImm(like.dtype(), (long) value);
  }

  private static PrimExpr number(PrimExpr like, Attributes attributes, String name) {
    return new FloatImm(like.dtype(), attributes.real(name));
  }

  private static PrimExpr negative(PrimExpr x) {
    return x.lessThan(number(x, 0));
  }

  private static PrimExpr expm1(PrimExpr x) {
    return Intrinsic.of(IntrinsicOp.EXPM1, x);
  }

  private static PrimExpr clipToUnit(PrimExpr x) {
    return x.min(number(x, 1)).max(number(x, 0));
  }

  /** {@code log(1 + e^x)} in the form that neither overflows nor cancels. */
  private static PrimExpr softplus(PrimExpr x) {
    PrimExpr small =
        Intrinsic.of(IntrinsicOp.EXP, Intrinsic.of(IntrinsicOp.ABS, x).times(number(x, -1)));
    return x.max(number(x, 0)).plus(Intrinsic.of(IntrinsicOp.LOG1P, small));
  }

  /** Hendrycks and Gimpel, arXiv:1606.08415. */
  private static PrimExpr gelu(PrimExpr x, Attributes attributes) {
    PrimExpr inner =
        switch (attributes.text("approximate")) {
          case "none" -> Intrinsic.of(IntrinsicOp.ERF, x.times(number(x, Math.sqrt(0.5))));
          case "tanh" ->
              Intrinsic.of(
                  IntrinsicOp.TANH,
                  x.plus(x.times(x).times(x).times(number(x, 0.044715)))
                      .times(number(x, Math.sqrt(2 / Math.PI))));
          default ->
              throw new TypeException(
                  "approximate is '%s', but must be 'none' or 'tanh'"
                      .formatted(attributes.text("approximate")));
        };
    return x.times(number(x, 0.5)).times(inner.plus(number(x, 1)));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType x = arguments.getFirst();
    boolean integral = name().equals("nn.relu") && x.dtype().kind() == DType.Kind.INT;
    if (!integral) {
      Shapes.requireFloat(x, "argument");
    }
    // Rejects attributes that the body cannot make sense of.
    var _ = body.apply(IntImm.of(x.dtype(), 0), attributes);
    return x;
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor x = inputs.getFirst();
    List<Axis> axes = Axes.of(x.shape());
    return List.of(Tensor.map(stageName(), axes, body.apply(x.at(Axes.vars(axes)), attributes)));
  }

  private String stageName() {
    return name().substring("nn.".length());
  }
}
