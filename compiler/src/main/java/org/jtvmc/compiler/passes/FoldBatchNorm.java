package org.jtvmc.compiler.passes;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.compiler.passes.rules.Operands;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.pass.Invariant;
import org.jtvmc.ir.pass.Pass;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/**
 * Puts a batch norm with constant parameters into the weights before it, or, where there are none,
 * makes a product and a sum of it.
 *
 * <pre>{@code
 * nn.batch_norm(nn.bias_add(nn.conv2d(%x, W), b), gamma, beta, mean, variance)
 *   =>   nn.bias_add(nn.conv2d(%x, W * s), (b - mean) * s + beta)    // s = gamma / sqrt(variance + epsilon)
 * nn.batch_norm(nn.relu(%x), gamma, beta, mean, variance)
 *   =>   add(multiply(nn.relu(%x), s), beta - mean * s)
 * }</pre>
 *
 * A product that something else reads too keeps its weights. Scales are computed in double
 * precision and rounded once.
 */
public final class FoldBatchNorm implements Pass<IRModule> {
  private final OperatorRegistry operators;

  public FoldBatchNorm(OperatorRegistry operators) {
    this.operators = operators;
  }

  @Override
  public Set<Invariant> requires() {
    return Set.of(GraphInvariants.TYPED);
  }

  @Override
  public IRModule apply(IRModule module) {
    return module.mapFunctions(function -> function.isPrimitive() ? function : fold(function));
  }

  private Function fold(Function function) {
    Map<Expr, List<Expr>> users = Exprs.users(function.body());
    Map<Expr, Expr> rewritten = new HashMap<>();
    for (Expr expr : users.keySet()) {
      Expr after =
          Exprs.withChildren(expr, Exprs.children(expr).stream().map(rewritten::get).toList());
      rewritten.put(
          expr, isBatchNorm(after) ? fold((Call) after, isPrivate((Call) expr, users)) : after);
    }
    return function.withBody(rewritten.get(function.body()));
  }

  private static boolean isBatchNorm(Expr expr) {
    return expr instanceof Call call
        && call.isCallOf("nn.batch_norm")
        && call.arguments().stream().skip(1).allMatch(Constant.class::isInstance);
  }

  /**
   * Whether nothing but the norm reads the product before it and that product's sum with a bias.
   */
  private static boolean isPrivate(Call norm, Map<Expr, List<Expr>> users) {
    Expr data = norm.arguments().getFirst();
    Expr product = data;
    if (data instanceof Call call && call.isCallOf("nn.bias_add")) {
      product = call.arguments().getFirst();
    }
    return users.get(data).size() == 1 && users.get(product).size() == 1;
  }

  private Expr fold(Call norm, boolean mayChangeWeights) {
    Affine affine = Affine.of(norm);
    Expr data = norm.arguments().getFirst();
    Optional<Call> biasAdd =
        Operands.callOf("nn.bias_add", data)
            .filter(call -> call.arguments().get(1) instanceof Constant)
            .filter(call -> axis(call) == axis(norm));
    Expr product = biasAdd.map(call -> call.arguments().getFirst()).orElse(data);
    if (mayChangeWeights && product instanceof Call call) {
      Optional<Call> scaled = ChannelScale.scale(call, axis(norm), affine.scale);
      if (scaled.isPresent()) {
        double[] bias =
            biasAdd.map(add -> affine.applied(values(add.arguments().get(1)))).orElse(affine.shift);
        return Call.of(
            operators.get("nn.bias_add"),
            List.of(scaled.get(), constant(bias, norm, List.of(Dim.of(bias.length)))),
            axis(norm) == 1
                ? Attributes.NONE
                : Attributes.builder().put("axis", (long) axis(norm)).build(),
            norm.label());
      }
    }
    return asProductAndSum(norm, affine);
  }

  private Expr asProductAndSum(Call norm, Affine affine) {
    int rank = Operands.tensor(norm).rank();
    List<Dim> shape = new ArrayList<>();
    shape.add(Dim.of(affine.scale.length));
    for (int i = axis(norm) + 1; i < rank; i++) {
      shape.add(Dim.of(1));
    }
    Call product =
        Call.of(
            operators.get("multiply"),
            List.of(norm.arguments().getFirst(), constant(affine.scale, norm, shape)),
            Attributes.NONE,
            norm.label());
    return Call.of(
        operators.get("add"),
        List.of(product, constant(affine.shift, norm, shape)),
        Attributes.NONE,
        norm.label());
  }

  private static int axis(Call call) {
    AttributeValue axis = Operands.attributes(call).values().get("axis");
    return Operands.axis(((AttributeValue.Int) axis).value(), Operands.tensor(call).rank());
  }

  private static Constant constant(double[] values, Call like, List<Dim> shape) {
    NDArray array = NDArray.allocate(new TensorType(shape, Operands.tensor(like).dtype()));
    for (int i = 0; i < values.length; i++) {
      array.setDouble(i, values[i]);
    }
    return new Constant(array);
  }

  private static double[] values(Expr constant) {
    NDArray array = ((Constant) constant).value();
    double[] values = new double[Math.toIntExact(array.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.getDouble(i);
    }
    return values;
  }

  /** A batch norm as {@code x * scale + shift} for each channel. */
  private static final class Affine {
    private final double[] scale;
    private final double[] shift;

    private Affine(double[] scale, double[] shift) {
      this.scale = scale;
      this.shift = shift;
    }

    static Affine of(Call norm) {
      double[] gamma = values(norm.arguments().get(1));
      double[] beta = values(norm.arguments().get(2));
      double[] mean = values(norm.arguments().get(3));
      double[] variance = values(norm.arguments().get(4));
      double epsilon = Operands.attributes(norm).real("epsilon");
      double[] scale = new double[gamma.length];
      double[] shift = new double[gamma.length];
      for (int i = 0; i < gamma.length; i++) {
        scale[i] = gamma[i] / Math.sqrt(variance[i] + epsilon);
        shift[i] = beta[i] - mean[i] * scale[i];
      }
      return new Affine(scale, shift);
    }

    double[] applied(double[] values) {
      double[] result = new double[values.length];
      for (int i = 0; i < values.length; i++) {
        result[i] = values[i] * scale[i] + shift[i];
      }
      return result;
    }
  }
}
