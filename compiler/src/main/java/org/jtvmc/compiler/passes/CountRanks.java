package org.jtvmc.compiler.passes;

import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.GraphRewriter;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.op.host.TopElements;
import org.jtvmc.ir.pass.Pass;
import org.jtvmc.ir.type.TensorType;

/**
 * Finds the largest elements by comparing all with all, in kernels: for targets on which the native
 * runtime computes nothing between them.
 *
 * <pre>{@code
 * host.topk(%x, k=5)   =>   topk(%x, k=5)
 * }</pre>
 */
public final class CountRanks implements Pass<IRModule> {

  private final OperatorRegistry operators;

  /**
   * @param operators where the operator is found
   */
  public CountRanks(OperatorRegistry operators) {
    this.operators = operators;
  }

  @Override
  public IRModule apply(IRModule module) {
    return GraphRewriter.rewrite(module, this::counted);
  }

  private Expr counted(Expr expr) {
    return expr instanceof Call call
            && call.isCallOf(TopElements.NAME)
            && call.arguments().getFirst().type() instanceof TensorType type
            && type.isStatic()
            && call.attributes().size("k").orElseThrow().isKnown()
        ? Call.of(operators.get("topk"), call.arguments(), call.attributes(), call.label())
        : expr;
  }
}
