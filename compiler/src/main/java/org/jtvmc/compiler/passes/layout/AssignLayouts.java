package org.jtvmc.compiler.passes.layout;

import java.util.List;
import java.util.Set;
import org.jtvmc.compiler.passes.GraphInvariants;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.pass.Invariant;
import org.jtvmc.ir.pass.Pass;

/**
 * Puts the channels of images last where that is faster: whole chains of convolutions, pooling and
 * what lies between them keep the order, and a change of order stands only at a chain's ends.
 *
 * <pre>{@code
 * %0 = nn.conv2d(%x, W);            %0 = nn.conv2d(%x, W, out_layout="NHWC");
 * %1 = nn.bias_add(%0, b);     =>   %1 = nn.bias_add(%0, b, axis=3);
 * %2 = nn.conv2d(%1, V);            %2 = nn.conv2d(%1, V, data_layout="NHWC");
 * nn.relu(%2)                       %3 = nn.relu(%2);
 *                                   transpose(%3, axes=[0, 3, 1, 2])
 * }</pre>
 *
 * With the channels last a vector holds channels of one pixel. It is then full whatever the image's
 * width, a strided window reads vectors as any other, and no reduction ends with a row. The first
 * convolution reads its data where it lies.
 */
public final class AssignLayouts implements Pass<IRModule> {
  private final OperatorRegistry operators;

  public AssignLayouts(OperatorRegistry operators) {
    this.operators = operators;
  }

  @Override
  public Set<Invariant> requires() {
    return Set.of(GraphInvariants.TYPED);
  }

  @Override
  public IRModule apply(IRModule module) {
    return module.mapFunctions(function -> function.isPrimitive() ? function : assign(function));
  }

  private Function assign(Function function) {
    Forms forms = new Forms(operators);
    List<LayoutRule> rules = LayoutRules.all();
    for (Expr expr : Exprs.postOrder(function.body())) {
      if (rules.stream().noneMatch(rule -> rule.moves(expr, forms))) {
        forms.putFirst(
            expr,
            Exprs.withChildren(expr, Exprs.children(expr).stream().map(forms::first).toList()));
      }
    }
    return function.withBody(forms.first(function.body()));
  }
}
