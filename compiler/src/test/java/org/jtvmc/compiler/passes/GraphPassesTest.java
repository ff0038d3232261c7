package org.jtvmc.compiler.passes;

import static org.jtvmc.compiler.passes.PassTester.OPERATORS;
import static org.jtvmc.compiler.passes.PassTester.assertRewrites;
import static org.jtvmc.compiler.passes.PassTester.bodyOf;
import static org.jtvmc.compiler.passes.PassTester.module;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jtvmc.compiler.passes.fusion.FuseOperators;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TypeException;
import org.junit.jupiter.api.Test;

final class GraphPassesTest {

  private static final String X = "(%x: Tensor[(2, 6), float32]) -> ";

  @Test
  void canonicalFormHasNoLetsDefaultsOrSplits() {
    assertRewrites(
        new Canonicalize(OPERATORS),
        X
            + """
            (Tensor[(2, 2), float32], Tensor[(2, 6), float32], Tensor[(2, 6), float32]) {
              let %v = nn.softmax(%x, axis=-1);
              %0 = (%v, %x);
              %1 = strided_slice(%0.0, axes=[1], begin=[1], end=[3]);
              %2 = if (const(true, bool)) { add(%v, copy(%x)) } else { %x };
              (%1, %2, %0.1)
            }
            """,
        """
        %0 = nn.softmax(%x);
        %1 = strided_slice(%0, axes=[1], begin=[1], end=[3]);
        %2 = add(%0, %x);
        (%1, %2, %x)
        """);
  }

  @Test
  void constantsAreComputed() {
    assertRewrites(
        new FoldConstants(),
        X
            + """
            Tensor[(2, 6), float32] {
              %0 = sqrt(const(16.0, float32));
              %1 = concatenate((const([1.0], float32), const([2.0, 3.0], float32)));
              %2 = multiply(sum(%1, axes=[0]), %0);
              multiply(%x, reshape(%2, newshape=[1, 1]))
            }
            """
                .replace("(1,1)", "(1, 1)"),
        """
        multiply(%x, const["c0"])
        """);
  }

  @Test
  void aBroadcastOfANumberIsLeftToRunTime() {
    String before =
        "() -> Tensor[(1024, 1024), float32] {"
            + " broadcast_to(const(1.0, float32), shape=[1024, 1024]) }";
    IRModule module = module(before);
    assertEquals(module, new FoldConstants(1 << 10).apply(module));
  }

  @Test
  void equalCallsBecomeOne() {
    assertRewrites(
        new EliminateCommonSubexpressions(),
        X
            + """
            Tensor[(2, 6), float32] {
              %0 = nn.relu(%x) from "a";
              %1 = nn.relu(%x) from "b";
              add(multiply(%0, const(2.0, float32)), multiply(%1, const(2.0, float32)))
            }
            """,
        """
        %0 = nn.relu(%x) from "a";
        %1 = multiply(%0, const(2.0, float32));
        add(%1, %1)
        """);
  }

  @Test
  void whatNobodyReadsOrCallsGoes() {
    IRModule module =
        ModuleText.parse(
            """
            def @unused(%x: Tensor[(2), float32]) -> Tensor[(2), float32] { nn.relu(%x) }
            def @main(%x: Tensor[(2), float32]) -> Tensor[(2), float32] {
              let %a = nn.relu(%x);
              let %b = nn.relu(%a);
              %x
            }
            """,
            OPERATORS::find);
    IRModule after = PassTester.run(new EliminateDeadCode(), module);
    assertEquals("%x", bodyOf(after));
    assertEquals(List.of("main"), List.copyOf(after.functions().keySet()));
  }

  @Test
  void functionsAreInlined() {
    IRModule module =
        ModuleText.parse(
            """
            def @twice(%x: Tensor[(2), float32]) -> Tensor[(2), float32] { add(%x, %x) }
            def @main(%x: Tensor[(2), float32]) -> Tensor[(2), float32] { @twice(@twice(%x)) }
            """,
            OPERATORS::find);
    assertEquals(
        "%0 = add(%x, %x);\nadd(%0, %0)", bodyOf(PassTester.run(new InlineFunctions(), module)));
    IRModule circular =
        ModuleText.parse(
            "def @main(%x: Tensor[(2), float32]) -> Tensor[(2), float32] { @main(%x) }",
            OPERATORS::find);
    assertEquals(
        "function @main calls itself",
        assertThrows(TypeException.class, () -> new InlineFunctions().apply(circular))
            .getMessage());
  }

  @Test
  void wrongTypesAreFound() {
    Var x = new Var("x", TensorType.of(DType.F32, 2));
    Call wrong =
        new Call(
            OPERATORS.get("nn.relu"), List.of(x), Attributes.NONE, "", TensorType.of(DType.F32, 3));
    IRModule module = IRModule.of(new Function(List.of(x), wrong), List.of("y"));
    assertEquals(
        "a node in @main has type Tensor[(3), float32] and should have Tensor[(2), float32]",
        assertThrows(TypeException.class, () -> new CheckTypes().apply(module)).getMessage());
    IRModule unbound = IRModule.of(new Function(List.of(), x), List.of("y"));
    assertEquals(
        "variable %x is not bound in @main",
        assertThrows(TypeException.class, () -> new CheckTypes().apply(unbound)).getMessage());
  }

  private static IRModule withWeights(String main, Map<String, TensorType> weights) {
    Random random = new Random(3);
    Map<String, NDArray> constants = new TreeMap<>();
    weights.forEach(
        (name, type) -> {
          NDArray array = PassTester.random(type, random);
          for (long i = 0; name.startsWith("var") && i < array.elements(); i++) {
            array.setDouble(i, Math.abs(array.getDouble(i)) + 0.1);
          }
          constants.put(name, array);
        });
    return new ModuleText("def @main" + main, constants).parse(OPERATORS::find);
  }

  private static TensorType f32(long... shape) {
    return TensorType.of(DType.F32, shape);
  }

  private static String norm(String data) {
    return "nn.batch_norm("
        + data
        + ", const[\"gamma\"], const[\"beta\"], const[\"mean\"], const[\"var\"], epsilon=0.01)";
  }

  private static Map<String, TensorType> normAnd(TensorType weight) {
    return Map.of(
        "gamma", f32(4), "beta", f32(4), "mean", f32(4), "var", f32(4), "w", weight, "b", f32(4));
  }

  @Test
  void batchNormsGoIntoTheWeightsBeforeThem() {
    String image = "(%x: Tensor[(1, 6, 5, 5), float32]) -> Tensor[(1, 4, 3, 3), float32] ";
    IRModule conv =
        withWeights(
            image + "{ " + norm("nn.conv2d(%x, const[\"w\"])") + " }", normAnd(f32(4, 6, 3, 3)));
    assertEquals(
        "%0 = nn.conv2d(%x, const[\"c0\"]);\nnn.bias_add(%0, const)",
        bodyOf(PassTester.run(new FoldBatchNorm(OPERATORS), conv))
            .replaceAll("const\\(.*float32\\)", "const"));
    IRModule biased =
        withWeights(
            image
                + "{ "
                + norm("nn.bias_add(nn.conv2d(%x, const[\"w\"], groups=2), const[\"b\"])")
                + " }",
            normAnd(f32(4, 3, 3, 3)));
    assertTrue(
        !bodyOf(PassTester.run(new FoldBatchNorm(OPERATORS), biased)).contains("batch_norm"));
    IRModule transposed =
        withWeights(
            "(%x: Tensor[(1, 6, 3, 3), float32]) -> Tensor[(1, 4, 6, 6), float32] { "
                + norm("nn.conv2d_transpose(%x, const[\"w\"], strides=[2, 2], groups=2)")
                + " }",
            normAnd(f32(6, 2, 2, 2)));
    assertTrue(
        bodyOf(PassTester.run(new FoldBatchNorm(OPERATORS), transposed)).contains("bias_add"));
    IRModule dense =
        withWeights(
            "(%x: Tensor[(3, 6), float32]) -> Tensor[(3, 4), float32] { "
                + norm("nn.dense(%x, const[\"w\"], transpose_weight=false)")
                + " }",
            normAnd(f32(6, 4)));
    assertTrue(bodyOf(PassTester.run(new FoldBatchNorm(OPERATORS), dense)).contains("bias_add"));
  }

  @Test
  void otherBatchNormsBecomeAProductAndASum() {
    IRModule alone =
        withWeights(
            "(%x: Tensor[(1, 4, 2, 2), float32]) -> Tensor[(1, 4, 2, 2), float32] { "
                + norm("nn.relu(%x)")
                + " }",
            normAnd(f32(1)));
    assertEquals(
        "%0 = nn.relu(%x);\n%1 = multiply(%0, const[\"c0\"]);\nadd(%1, const[\"c1\"])",
        bodyOf(PassTester.run(new FoldBatchNorm(OPERATORS), alone)));
    IRModule shared =
        withWeights(
            "(%x: Tensor[(1, 6, 3, 3), float32]) -> Tensor[(1, 4, 1, 1), float32] { "
                + "%0 = nn.conv2d(%x, const[\"w\"]); add(%0, "
                + norm("%0")
                + ") }",
            normAnd(f32(4, 6, 3, 3)));
    assertTrue(bodyOf(PassTester.run(new FoldBatchNorm(OPERATORS), shared)).contains("multiply"));
  }

  @Test
  void constantFactorsAndTermsGoIntoTheWeightsBeforeThem() {
    String dense =
        "(%x: Tensor[(3, 6), float32]) -> Tensor[(3, 4), float32] "
            + "{ %0 = nn.bias_add(nn.dense(%x, const[\"w\"]), const[\"b\"]); ";
    IRModule scaled =
        withWeights(
            dense + "add(const(1.0, float32), multiply(%0, const(2.0, float32))) }",
            normAnd(f32(4, 6)));
    String folded = bodyOf(PassTester.run(new FoldBatchNorm(OPERATORS), scaled));
    assertTrue(folded.startsWith("%0 = nn.dense") && folded.contains("nn.bias_add(%0"), folded);
    assertEquals(2, folded.lines().count());
    IRModule perChannel =
        withWeights(dense + "multiply(%0, const[\"gamma\"]) }", normAnd(f32(4, 6)));
    assertTrue(
        !bodyOf(PassTester.run(new FoldBatchNorm(OPERATORS), perChannel)).contains("multiply"));
    IRModule readTwice =
        withWeights(dense + "add(%0, multiply(%0, const[\"gamma\"])) }", normAnd(f32(4, 6)));
    assertTrue(
        bodyOf(PassTester.run(new FoldBatchNorm(OPERATORS), readTwice)).contains("multiply"));
  }

  @Test
  void longChainsPassThroughThePipeline() {
    StringBuilder chain =
        new StringBuilder("(%x: Tensor[(4), float32]) -> Tensor[(4), float32] { %0 = tanh(%x);");
    for (int i = 1; i < 20_000; i++) {
      String operator = i % 3 == 0 ? "nn.relu" : "tanh";
      chain.append(" %%%d = %s(%%%d);".formatted(i, operator, i - 1));
    }
    IRModule fused = GraphPipeline.standard().run(module(chain + " %19999 }"));
    new CheckTypes().apply(fused);
  }

  @Test
  void symbolicSizesPassThroughThePipeline() {
    IRModule module =
        module(
            """
            (%x: Tensor[(n, 3, 8), float32], %w: Tensor[(5, 8), float32]) \
            -> Tensor[(n, 15), float32] {
              %0 = nn.dense(copy(transpose(transpose(%x, axes=[1, 0, 2]), axes=[1, 0, 2])), %w);
              %1 = add(%0, const([1.0, 2.0, 3.0, 4.0, 5.0], float32));
              %2 = concatenate((strided_slice(%1, begin=[0], end=[2], axes=[2]), \
            split(%1, indices=[2], axis=2).1), axis=2);
              %3 = divide(multiply(%2, sigmoid(%2)), const(3.0, float32));
              reshape(nn.softmax(nn.relu(%3)), newshape=[0, 15])
            }
            """);
    IRModule fused =
        GraphPipeline.standard()
            .watchedBy((_, _, after, _) -> new CheckTypes().apply(after))
            .run(module);
    assertEquals(module.main().resultType(), fused.main().resultType());
    assertEquals(
        ModuleText.print(fused), ModuleText.print(ModuleText.of(fused).parse(OPERATORS::find)));
  }

  @Test
  void thePipelineIsAListThatPrints() {
    assertEquals(
        """
        CheckTypes; establishes types checked
        InlineFunctions
        Canonicalize; requires types checked; establishes canonical
        FoldConstants; requires types checked
        EliminateCommonSubexpressions
        SimplifyAlgebra; requires types checked
        FoldBatchNorm; requires types checked
        FlushSubnormalWeights; requires types checked
        AssignLayouts; requires types checked
        SimplifyAlgebra; requires types checked
        MergeProducts; requires types checked
        FoldConstants; requires types checked
        EliminateCommonSubexpressions
        EliminateDeadCode
        FuseOperators; requires types checked; establishes operators fused\
        """
            .stripIndent(),
        GraphPipeline.of(OPERATORS, Precision.FP32, FuseOperators.Options.DEFAULT).toString());
  }

  @Test
  void weightsThatAreTooSmallToMatterAreZero() {
    NDArray weight =
        NDArray.ofFloats(TensorType.of(DType.F32, 1, 6), 1e-40f, 2, 0, -1e-45f, 1.2e-38f, -3);
    Call dense =
        Call.of(
            OPERATORS.get("nn.dense"),
            new Var("x", TensorType.of(DType.F32, 2, 6)),
            constant(weight));
    Call flushed =
        (Call)
            new FlushSubnormalWeights()
                .apply(
                    IRModule.of(
                        new Function(List.of((Var) dense.arguments().getFirst()), dense),
                        List.of("y")))
                .main()
                .body();
    NDArray expected = NDArray.ofFloats(TensorType.of(DType.F32, 1, 6), 0, 2, 0, 0, 1.2e-38f, -3);
    NDArray actual = ((Constant) flushed.arguments().get(1)).value();
    assertEquals(-1, expected.data().mismatch(actual.data()));
  }

  private static Constant constant(NDArray value) {
    return new Constant(value);
  }
}
