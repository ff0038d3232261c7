package org.jtvmc.compiler.passes;

import static org.jtvmc.compiler.passes.PassTester.OPERATORS;
import static org.jtvmc.compiler.passes.PassTester.bodyOf;
import static org.jtvmc.compiler.passes.PassTester.module;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jtvmc.compiler.passes.fusion.FuseOperators;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.GraphRewriter;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;

final class MergeProductsTest {

  private static final MergeProducts PASS = new MergeProducts(OPERATORS, 2 * 8 * 8 * 4);

  /** Variables whose names begin with {@code c} become constants. */
  private static final String HEAD =
      """
      (%x: Tensor[(1, 6, 8), float32], %y: Tensor[(1, 6, 8), float32],
       %w: Tensor[(8, 8), float32], %cq: Tensor[(8, 8), float32], %ck: Tensor[(8, 8), float32],
       %cv: Tensor[(8, 8), float32], %bq: Tensor[(8), float32], %cbq: Tensor[(8), float32],
       %cbk: Tensor[(8), float32], %cbv: Tensor[(8), float32])
      """;

  private static final String ATTENTION =
      HEAD
          + """
           -> Tensor[(1, 2, 6, 4), float32] {
            %0 = nn.bias_add(nn.dense(%x, %cq), %cbq, axis=-1);
            %1 = transpose(reshape(%0, newshape=[1, 6, 2, 4]), axes=[0, 2, 1, 3]);
            %2 = nn.bias_add(nn.dense(%x, %ck), %cbk, axis=-1);
            %3 = transpose(reshape(%2, newshape=[1, 6, 2, 4]), axes=[0, 2, 3, 1]);
            %4 = nn.bias_add(nn.dense(%x, %cv), %cbv, axis=-1);
            %5 = transpose(reshape(%4, newshape=[1, 6, 2, 4]), axes=[0, 2, 1, 3]);
            nn.matmul(nn.softmax(nn.matmul(%1, %3)), %5)
          }
          """;

  @Test
  void productsMovedAlikeBecomeOneWhosePartsLieBehindEachOther() {
    IRModule merged = PassTester.run(PASS, constants(ATTENTION));
    assertEquals(
        """
        %0 = concatenate((const["c0"], const["c0_1"]), axis=0);
        %1 = nn.dense(%x, %0);
        %2 = concatenate((const, const), axis=0);
        %3 = nn.bias_add(%1, %2, axis=-1);
        %4 = reshape(%3, newshape=[1, 6, 2, 2, 4]);
        %5 = transpose(%4, axes=[2, 0, 3, 1, 4]);
        %6 = strided_slice(%5, axes=[0], begin=[0], end=[1]);
        %7 = squeeze(%6, axis=[0]);
        %8 = nn.dense(%x, const["c2"]);
        %9 = nn.bias_add(%8, const, axis=-1);
        %10 = reshape(%9, newshape=[1, 6, 2, 4]);
        %11 = transpose(%10, axes=[0, 2, 3, 1]);
        %12 = nn.matmul(%7, %11);
        %13 = nn.softmax(%12);
        %14 = strided_slice(%5, axes=[0], begin=[1], end=[2]);
        %15 = squeeze(%14, axis=[0]);
        nn.matmul(%13, %15)
        """
            .strip(),
        bodyOf(merged).replaceAll("const\\(\\[[^)]*\\)", "const"));
  }

  @Test
  void attentionReadsItsPartsInPlace() {
    IRModule merged = new FoldConstants().apply(PASS.apply(constants(ATTENTION)));
    IRModule fused =
        PassTester.run(new FuseOperators(FuseOperators.Options.DEFAULT.takingSlices()), merged);
    List<String> kernels = new ArrayList<>();
    for (Expr expr : Exprs.postOrder(fused.main().body())) {
      if (expr instanceof Call call && call.callee() instanceof Function function) {
        kernels.add(function.attributes().text(FuseOperators.NAME, ""));
      }
    }
    assertEquals(
        List.of(
            "dense_bias_add_reshape_transpose",
            "dense_bias_add_reshape_transpose",
            "strided_slice_squeeze_matmul_softmax_strided_slice_squeeze_etc"),
        kernels);
  }

  @Test
  void weightsThatDoNotFitTogetherStayApart() {
    IRModule module = constants(ATTENTION);
    assertEquals(
        bodyOf(module), bodyOf(new MergeProducts(OPERATORS, 2 * 8 * 8 * 4 - 1).apply(module)));
  }

  @Test
  void weightsWithTheirColumnsLastAreMergedThere() {
    String text =
        ATTENTION
            .replace("nn.dense(%x, %cq)", "nn.dense(%x, %cq, transpose_weight=false)")
            .replace("nn.dense(%x, %cv)", "nn.dense(%x, %cv, transpose_weight=false)");
    assertTrue(
        bodyOf(PassTester.run(PASS, constants(text)))
            .contains("concatenate((const[\"c0\"], const[\"c0_1\"]), axis=1)"));
  }

  @Test
  void aMatrixOfOneHeadIsMergedWithoutBeingMoved() {
    String text =
        HEAD
            + """
             -> Tensor[(1, 6, 6), float32] {
              nn.matmul(nn.dense(%x, %cq), nn.dense(%x, %ck), transpose_b=true)
            }
            """;
    assertTrue(bodyOf(PassTester.run(PASS, constants(text))).contains("concatenate"));
  }

  @Test
  void whatIsReadOfOtherTensorsOrMovedOtherwiseStays() {
    assertStays(ATTENTION.replace("nn.dense(%x, %cv)", "nn.dense(%y, %cv)"));
    assertStays(ATTENTION.replace("nn.dense(%x, %cv)", "nn.dense(%x, %w)"));
    assertStays(
        ATTENTION.replace("nn.dense(%x, %cv)", "nn.dense(%x, %cv, transpose_weight=false)"));
    assertStays(ATTENTION.replace("%cq), %cbq", "%cq), %bq"));
    assertStays(
        ATTENTION
            .replace("%2 = nn.bias_add(nn.dense(%x, %ck), %cbk, axis=-1)", "%2 = %x")
            .replace("nn.bias_add(nn.dense(%x, %cv), %cbv, axis=-1)", "nn.dense(%x, %cv)"));
  }

  @Test
  void whatWouldBeCopiedStays() {
    // A result of the model, one that two read, and one with elementwise work behind the product.
    assertStays(
        ATTENTION
            .replace(
                "-> Tensor[(1, 2, 6, 4), float32]",
                "-> (Tensor[(1, 2, 6, 4), float32], Tensor[(1, 2, 6, 4), float32])")
            .replace(
                "nn.matmul(nn.softmax(nn.matmul(%1, %3)), %5)",
                "%6 = nn.matmul(nn.softmax(nn.matmul(%1, %3)), %5); (%6, %5)"));
    assertStays(
        ATTENTION
            .replace(
                "nn.softmax(nn.matmul(%1, %3)), %5)",
                "nn.softmax(add(%1, nn.matmul(nn.matmul(%1, %3), %5))), %3)")
            .replace("-> Tensor[(1, 2, 6, 4), float32]", "-> Tensor[(1, 2, 6, 6), float32]"));
    assertStays(ATTENTION.replace("nn.matmul(%1, %3)", "nn.matmul(tanh(%1), %3)"));
  }

  private static void assertStays(String text) {
    IRModule module = constants(text);
    assertSame(module, PASS.apply(module));
  }

  /** The module with random constants for the variables that are called so. */
  private static IRModule constants(String text) {
    IRModule module = module(text);
    Random random = new Random(5);
    Map<Var, Constant> values = new HashMap<>();
    List<Var> open = new ArrayList<>();
    for (Var variable : module.main().parameters()) {
      if (variable.name().startsWith("c")) {
        NDArray value = PassTester.random((TensorType) variable.type(), random);
        values.put(variable, new Constant(value));
      } else {
        open.add(variable);
      }
    }
    return module.mapFunctions(
        function ->
            new Function(
                open, GraphRewriter.substitute(function.body(), values), function.attributes()));
  }
}
