package org.jtvmc.compiler.passes;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jtvmc.compiler.passes.fusion.FuseOperators;
import org.jtvmc.compiler.passes.layout.AssignLayouts;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.pass.Pass;
import org.jtvmc.ir.pass.PassManager;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;

/**
 * The list of the graph passes, in the order in which they run: from a model as its frontend gives
 * it to calls of primitive functions, one for each kernel.
 */
public final class GraphPipeline {

  private GraphPipeline() {}

  /** The passes for every target, with the standard limits. */
  public static PassManager<IRModule> standard() {
    return standard(Precision.FP32);
  }

  /** The same for a model whose weights and activations are stored in {@code precision}. */
  public static PassManager<IRModule> standard(Precision precision) {
    return of(OperatorRegistry.standard(), precision, FuseOperators.Options.DEFAULT);
  }

  /**
   * The same where it is known what the kernels are for: what is fused and what is merged depends
   * on the caches.
   */
  public static PassManager<IRModule> standard(Precision precision, Target target) {
    OperatorRegistry operators = OperatorRegistry.standard();
    FuseOperators.Options fusion = FuseOperators.Options.of(target);
    return switch (target) {
      case CpuTarget cpu -> of(operators, precision, fusion, List.of(), cpu.caches().l2());
      case CudaTarget _ ->
          of(
              operators,
              precision,
              fusion,
              List.of(new SelectBranches(operators), new CountRanks(operators)),
              MergeProducts.NONE);
    };
  }

  /** The names of all passes, with those that some targets alone have. */
  public static List<String> names() {
    Stream<String> ofGpus = standard(Precision.FP32, CudaTarget.typical(80)).names().stream();
    return Stream.concat(standard().names().stream(), ofGpus).distinct().toList();
  }

  /**
   * The passes for every target.
   *
   * @param operators where passes find the operators that they introduce
   */
  public static PassManager<IRModule> of(
      OperatorRegistry operators, Precision precision, FuseOperators.Options fusion) {
    return of(operators, precision, fusion, List.of(), MergeProducts.NONE);
  }

  private static PassManager<IRModule> of(
      OperatorRegistry operators,
      Precision precision,
      FuseOperators.Options fusion,
      List<Pass<IRModule>> ofTarget,
      long mergedWeightBytes) {
    List<Pass<IRModule>> passes = new ArrayList<>();
    passes.addAll(List.of(new CheckTypes(), new InlineFunctions()));
    passes.addAll(ofTarget);
    passes.addAll(
        List.of(
            new Canonicalize(operators),
            new FoldConstants(),
            new EliminateCommonSubexpressions(),
            new SimplifyAlgebra(operators),
            new FoldBatchNorm(operators),
            new FlushSubnormalWeights(),
            new AssignLayouts(operators),
            // What the change of layouts leaves behind: transposes of single rows and in pairs.
            new SimplifyAlgebra(operators),
            new MergeProducts(operators, mergedWeightBytes),
            // Rules leave behind calls on constants, and equal calls.
            new FoldConstants(),
            new EliminateCommonSubexpressions(),
            new EliminateDeadCode()));
    precision.storage().ifPresent(storage -> passes.add(new LowerPrecision(operators, storage)));
    passes.add(new FuseOperators(fusion));
    return PassManager.of(passes);
  }
}
