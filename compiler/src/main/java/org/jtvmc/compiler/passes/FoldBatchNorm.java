package org.jtvmc.compiler.passes;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.compiler.passes.rules.Operands;
import org.jtvmc.ir.data.NDArray;
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
 * makes a product and a sum of it. Products and sums with constants go into weights and biases too.
 *
 * <pre>{@code
 * nn.batch_norm(nn.bias_add(nn.conv2d(%x, W), b), gamma, beta, mean, variance)
 *   =>   nn.bias_add(nn.conv2d(%x, W * s), (b - mean) * s + beta)    // s = gamma / sqrt(variance + epsilon)
 * nn.batch_norm(nn.relu(%x), gamma, beta, mean, variance)
 *   =>   add(multiply(nn.relu(%x), s), beta - mean * s)
 * add(multiply(nn.bias_add(nn.dense(%x, W), b), 2), 1)
 *   =>   nn.bias_add(nn.dense(%x, W * 2), b * 2 + 1)
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
    // How often each new node is read; a folded chain is read as often as what it stands for.
    Map<Expr, Integer> reads = new HashMap<>();
    for (Expr expr : users.keySet()) {
      Expr after =
          Exprs.withChildren(expr, Exprs.children(expr).stream().map(rewritten::get).toList());
      if (after instanceof Call call) {
        after = fold(call, reads);
      }
      rewritten.put(expr, after);
      reads.put(after, users.get(expr).size() + (expr == function.body() ? 1 : 0));
    }
    return function.withBody(rewritten.get(function.body()));
  }

  private Expr fold(Call call, Map<Expr, Integer> reads) {
    Optional<ChannelAffine> norm = ChannelAffine.ofNorm(call);
    if (norm.isPresent()) {
      return intoWeights(call, norm.get(), reads)
          .orElseGet(() -> asProductAndSum(call, norm.get()));
    }
    if (!call.isCallOf("multiply") && !call.isCallOf("add")) {
      return call;
    }
    for (int operand = 0; operand < 2; operand++) {
      int data = operand;
      Optional<Expr> folded =
          channels(call.arguments().get(data))
              .flatMap(axis -> ChannelAffine.ofArithmetic(call, data, axis))
              .flatMap(affine -> intoWeights(call, affine, reads));
      if (folded.isPresent()) {
        return folded.get();
      }
    }
    return call;
  }

  /** The channels of a product, or of the sum of one with a bias. */
  private static Optional<Integer> channels(Expr expr) {
    return constantBias(expr)
        .map(ChannelAffine::axis)
        .or(() -> expr instanceof Call call ? ChannelScale.channels(call) : Optional.empty());
  }

  private static Optional<Call> constantBias(Expr expr) {
    return Operands.callOf("nn.bias_add", expr)
        .filter(call -> call.arguments().get(1) instanceof Constant);
  }

  private Optional<Expr> intoWeights(Call call, ChannelAffine affine, Map<Expr, Integer> reads) {
    Optional<Call> biasAdd =
        constantBias(affine.data()).filter(bias -> ChannelAffine.axis(bias) == affine.axis());
    Expr product = biasAdd.map(bias -> bias.arguments().getFirst()).orElse(affine.data());
    boolean read = reads.getOrDefault(affine.data(), 1) == 1 && reads.getOrDefault(product, 1) == 1;
    if (!read || !(product instanceof Call weighted)) {
      return Optional.empty();
    }
    return ChannelScale.scale(weighted, affine.axis(), affine.scale())
        .map(
            scaled -> {
              double[] bias =
                  biasAdd
                      .map(add -> affine.apply(ChannelAffine.values(add.arguments().get(1))))
                      .orElse(affine.shift());
              return Call.of(
                  operators.get("nn.bias_add"),
                  List.of(scaled, constant(bias, call, List.of(Dim.of(bias.length)))),
                  affine.axis() == 1
                      ? Attributes.NONE
                      : Attributes.builder().put("axis", (long) affine.axis()).build(),
                  call.label());
            });
  }

  private Expr asProductAndSum(Call norm, ChannelAffine affine) {
    List<Dim> shape = new ArrayList<>();
    shape.add(Dim.of(affine.scale().length));
    for (int i = affine.axis() + 1; i < Operands.tensor(norm).rank(); i++) {
      shape.add(Dim.of(1));
    }
    Call product =
        Call.of(
            operators.get("multiply"),
            List.of(affine.data(), constant(affine.scale(), norm, shape)),
            Attributes.NONE,
            norm.label());
    return Call.of(
        operators.get("add"),
        List.of(product, constant(affine.shift(), norm, shape)),
        Attributes.NONE,
        norm.label());
  }

  private static Constant constant(double[] values, Call like, List<Dim> shape) {
    NDArray array = NDArray.allocate(new TensorType(shape, Operands.tensor(like).dtype()));
    for (int i = 0; i < values.length; i++) {
      array.setDouble(i, values[i]);
    }
    return new Constant(array);
  }
}
