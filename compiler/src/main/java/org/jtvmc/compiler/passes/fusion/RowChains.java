package org.jtvmc.compiler.passes.fusion;

import java.util.Set;
import org.jtvmc.compiler.passes.rules.Operands;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/**
 * Which calls need, for a row of their result, just that row of an operand. A row is what lies
 * along the last dimension.
 */
final class RowChains {

  private static final Set<String> ALONG_AN_AXIS = Set.of("nn.softmax", "nn.log_softmax");

  private RowChains() {}

  /**
   * A product of two computed matrices. One by weights is left alone: it passes all of them for a
   * block of rows, so that blocks must be larger than a cache takes.
   */
  static boolean isProduct(Call call) {
    return call.isCallOf("nn.matmul")
        && call.arguments().stream().noneMatch(Constant.class::isInstance);
  }

  /**
   * True where {@code left} is the operand of {@code product} whose rows are those of its result.
   */
  static boolean takesRows(Call product, Expr left) {
    return product.arguments().get(0) == left
        && product.arguments().get(1) != left
        && !Operands.attributes(product).bool("transpose_a");
  }

  /** True where the call has for each row of its first operand one of the same length. */
  static boolean keepsRows(Call call) {
    if (!(call.type() instanceof TensorType type)) {
      return false;
    }
    if (call.callee() instanceof Operator operator && ALONG_AN_AXIS.contains(operator.name())) {
      return Shapes.axis(Operands.attributes(call).integer("axis"), type.rank()) == type.rank() - 1;
    }
    return FusionGraph.kind(call).compareTo(FusionKind.BROADCAST) <= 0;
  }

  /** True for a matrix, or several, of more than one row. */
  static boolean hasRows(Call call) {
    return call.type() instanceof TensorType type
        && type.rank() >= 2
        && !type.dim(type.rank() - 2).equals(Dim.of(1));
  }
}
