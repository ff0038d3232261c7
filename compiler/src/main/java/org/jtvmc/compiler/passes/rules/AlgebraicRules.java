package org.jtvmc.compiler.passes.rules;

import java.util.List;
import org.jtvmc.ir.op.OperatorRegistry;

/** The list of the rules, in the order in which they are tried. */
public final class AlgebraicRules {

  private AlgebraicRules() {}

  /**
   * All rules.
   *
   * @param operators where rules find the operators that they introduce
   */
  public static List<RewriteRule> all(OperatorRegistry operators) {
    return List.of(
        new RemoveIdentity(),
        new RemoveNeutralOperand(),
        new MergeTransposes(),
        new TransposeToReshape(operators),
        new MergeReshapes(operators),
        new FoldPadIntoConvolution(),
        new MatmulToDense(operators),
        new MultiplyBytes(operators),
        new AddToBias(operators),
        new RecogniseLayerNorm(operators),
        new FoldScaleIntoLayerNorm(),
        new RecogniseGelu(operators),
        new RecogniseSilu(operators),
        new RecogniseHardSwish(operators),
        new PowerToProduct(operators),
        new DivisionToProduct(operators));
  }
}
