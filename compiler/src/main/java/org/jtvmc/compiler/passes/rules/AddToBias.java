package org.jtvmc.compiler.passes.rules;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/**
 * A constant that is added to each output channel of a product is a bias, in whatever shape it
 * comes.
 *
 * <pre>{@code
 * add(nn.conv2d(%x, %w), const["b"]: Tensor[(1, 8, 1, 1), float32])
 *   =>   nn.bias_add(nn.conv2d(%x, %w), const["b"]: Tensor[(8), float32])
 * add(nn.dense(%x, %w), const["b"]: Tensor[(8), float32])
 *   =>   nn.bias_add(nn.dense(%x, %w), const["b"], axis=-1)
 * }</pre>
 */
public final class AddToBias implements RewriteRule {

  private static final Set<String> CONVOLUTIONS =
      Set.of(
          "nn.conv1d",
          "nn.conv2d",
          "nn.conv3d",
          "nn.conv1d_transpose",
          "nn.conv2d_transpose",
          "nn.conv3d_transpose");

  private final OperatorRegistry operators;

  public AddToBias(OperatorRegistry operators) {
    this.operators = operators;
  }

  @Override
  public Optional<Expr> apply(Call call) {
    if (!call.isCallOf("add")) {
      return Optional.empty();
    }
    for (int i = 0; i < 2; i++) {
      Expr product = call.arguments().get(i);
      if (product instanceof Call inner
          && inner.callee() instanceof Operator operator
          && call.arguments().get(1 - i) instanceof Constant(NDArray bias)
          && product.type().equals(call.type())) {
        if (CONVOLUTIONS.contains(operator.name())
            && Operands.isChannelsFirst(inner)
            && isAlong(1, bias, call)) {
          return Optional.of(biasAdd(product, bias, Attributes.NONE, call.label()));
        }
        int last = Operands.tensor(call).rank() - 1;
        if (operator.name().equals("nn.dense") && isAlong(last, bias, call)) {
          Attributes attributes =
              last == 1 ? Attributes.NONE : Attributes.builder().put("axis", -1L).build();
          return Optional.of(biasAdd(product, bias, attributes, call.label()));
        }
      }
    }
    return Optional.empty();
  }

  /** True where the constant varies along that dimension of the sum, and along no other. */
  private static boolean isAlong(int axis, NDArray bias, Call sum) {
    TensorType type = Operands.tensor(sum);
    int position = axis - (type.rank() - bias.type().rank());
    return position >= 0
        && bias.type().dim(position).equals(type.dim(axis))
        && type.dim(axis).equals(Dim.of(bias.elements()));
  }

  private Expr biasAdd(Expr product, NDArray bias, Attributes attributes, String label) {
    NDArray flat = bias.reshape(TensorType.of(bias.dtype(), bias.elements()));
    return Call.of(
        operators.get("nn.bias_add"), List.of(product, new Constant(flat)), attributes, label);
  }
}
