package org.jtvmc.compiler.passes;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.StructuralEquality;
import org.jtvmc.ir.pass.Pass;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Passes compute the same as what they are given, on graphs that nobody thought of. */
final class RandomGraphsTest {

  private static final int GRAPHS = 60;

  static List<Pass<IRModule>> passes() {
    return GraphPipeline.standard().passes();
  }

  @ParameterizedTest
  @MethodSource("passes")
  void eachPassKeepsTheValues(Pass<IRModule> pass) {
    for (long seed = 0; seed < GRAPHS; seed++) {
      IRModule module = new RandomGraphs(seed).next(12);
      check(seed, module, pass);
    }
  }

  @Test
  void thePipelineKeepsTheValuesAndTheResultParsesBack() {
    for (long seed = 1000; seed < 1000 + GRAPHS; seed++) {
      IRModule module = new RandomGraphs(seed).next(30);
      IRModule after =
          GraphPipeline.standard()
              .watchedBy((_, _, result, _) -> new CheckTypes().apply(result))
              .run(module);
      PassTester.assertSameValues(module, after);
      IRModule parsed = ModuleText.of(after).parse(PassTester.OPERATORS::find);
      assertTrue(StructuralEquality.equal(after, parsed), "seed " + seed);
    }
  }

  private static void check(long seed, IRModule module, Pass<IRModule> pass) {
    try {
      PassTester.run(pass, module);
    } catch (AssertionError | RuntimeException e) {
      IRModule smallest = shrink(module, pass);
      fail(
          "pass %s, seed %d; the smallest part that fails: PassTester.run(new %s(), module(\"\"\"%n%s\"\"\"))"
              .formatted(pass.name(), seed, pass.name(), ModuleText.print(smallest)),
          e);
    }
  }

  /** The first node of which alone, with what it needs, the pass fails. */
  private static IRModule shrink(IRModule module, Pass<IRModule> pass) {
    for (Expr expr : Exprs.postOrder(module.main().body())) {
      if (expr.type() instanceof TensorType) {
        IRModule part = IRModule.of(new Function(module.main().parameters(), expr), List.of("y"));
        try {
          PassTester.run(pass, part);
        } catch (AssertionError | RuntimeException e) {
          return part;
        }
      }
    }
    return module;
  }
}
