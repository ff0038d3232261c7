package org.jtvmc.compiler.passes;

import static org.jtvmc.compiler.passes.PassTester.module;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jtvmc.compiler.passes.fusion.FuseOperators;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;

final class FuseOperatorsTest {

  private static final String X = "(%x: Tensor[(1, 8, 8), float32]";
  private static final String XY = X + ", %y: Tensor[(1, 8, 8), float32])";
  private static final String OUT = " -> Tensor[(1, 8, 8), float32] ";

  /** The names of the kernels, in order; views in brackets. */
  private static List<String> kernels(String main) {
    return kernels(PassTester.run(new FuseOperators(), module(main)));
  }

  private static List<String> kernels(IRModule fused) {
    List<String> names = new ArrayList<>();
    for (Expr expr : Exprs.postOrder(fused.main().body())) {
      if (expr instanceof Call call) {
        assertTrue(call.callee() instanceof Function, "an operator is called outside of a kernel");
        String name = ((Function) call.callee()).attributes().text(FuseOperators.NAME);
        names.add(Views.isView(call) ? "[" + name + "]" : name);
      }
    }
    return names;
  }

  @Test
  void elementwiseWorkJoinsTheProductBeforeIt() {
    assertEquals(
        List.of("dense_bias_add_relu"),
        kernels(
            X
                + ", %w: Tensor[(8, 8), float32], %b: Tensor[(8), float32])"
                + OUT
                + "{ nn.relu(nn.bias_add(nn.dense(%x, %w), %b, axis=-1)) }"));
  }

  @Test
  void aKernelPrintsAsAFunction() {
    IRModule fused =
        PassTester.run(
            new FuseOperators(),
            module(X + ")" + OUT + "{ nn.relu(add(%x, const(1.0, float32))) from \"Relu_1\" }"));
    assertEquals(
        """
        fn (name="add_relu", primitive=true) (%p0: Tensor[(1, 8, 8), float32]) {
          %0 = add(%p0, const(1.0, float32));
          nn.relu(%0) from "Relu_1"
        }(%x) from "Relu_1"
        """
            .strip(),
        PassTester.bodyOf(fused));
  }

  @Test
  void oneOfTwoProductsTakesTheSumBehindBoth() {
    assertEquals(
        List.of("dense", "dense_add_relu"),
        kernels(
            X
                + ", %y: Tensor[(1, 8, 8), float32], %w: Tensor[(8, 8), float32])"
                + OUT
                + "{ nn.relu(add(nn.dense(%x, %w), nn.dense(%y, %w))) }"));
  }

  @Test
  void aDiamondOfElementwiseWorkIsOneKernel() {
    assertEquals(
        List.of("tanh_exp_sigmoid_multiply_add"),
        kernels(
            X
                + ")"
                + OUT
                + "{ %0 = tanh(%x); %1 = exp(%0); %2 = sigmoid(%0);"
                + " add(multiply(%1, %2), %0) }"));
  }

  @Test
  void whatTwoKernelsReadIsComputedOnce() {
    assertEquals(
        List.of("exp", "dense", "dense_add"),
        kernels(
            X
                + ", %w: Tensor[(8, 8), float32])"
                + OUT
                + "{ %0 = exp(%x); add(nn.dense(%0, %w), nn.dense(%0, %w)) }"));
  }

  @Test
  void reductionsTakeTheWorkBeforeAndBehindThem() {
    assertEquals(
        List.of("multiply_add_softmax_relu"),
        kernels(XY + OUT + "{ nn.relu(nn.softmax(add(multiply(%x, const(0.5, float32)), %y))) }"));
    assertEquals(
        List.of("exp_sum_sqrt", "divide"),
        kernels(X + ")" + OUT + "{ divide(%x, sqrt(sum(exp(%x), axes=[-1], keepdims=true))) }"));
  }

  @Test
  void twoReductionsAreTwoKernels() {
    assertEquals(
        List.of("softmax", "softmax"),
        kernels(X + ")" + OUT + "{ nn.softmax(nn.softmax(%x, axis=1)) }"));
  }

  private static final String ATTENTION =
      "(%q: Tensor[(2, 8, 4), float32], %k: Tensor[(2, 4, 6), float32], "
          + "%m: Tensor[(1, 1, 6), float32], %v: Tensor[(2, 6, 4), float32])";

  private static final String SOFTMAX =
      "%0 = multiply(nn.matmul(%q, %k), const(0.5, float32)); %1 = nn.softmax(add(%0, %m));";

  @Test
  void attentionIsOneKernel() {
    assertEquals(
        List.of("matmul_multiply_add_softmax_matmul_transpose"),
        kernels(
            ATTENTION
                + " -> Tensor[(8, 2, 4), float32] {"
                + SOFTMAX
                + "transpose(nn.matmul(%1, %v), axes=[1, 0, 2]) }"));
  }

  @Test
  void scoresThatSomethingElseReadsAreWritten() {
    assertEquals(
        List.of("matmul_multiply_add", "softmax", "matmul", "sum"),
        kernels(
            ATTENTION
                + " -> (Tensor[(2, 8, 4), float32], Tensor[(2, 8), float32]) {"
                + SOFTMAX
                + "(nn.matmul(%1, %v), sum(%1, axes=[2])) }"));
  }

  @Test
  void productsWhoseRowsDoNotCorrespondStayApart() {
    String columns =
        ATTENTION
            + " -> Tensor[(2, 8, 4), float32] {"
            + " %0 = nn.softmax(nn.matmul(%q, %k), axis=1); nn.matmul(%0, %v) }";
    assertEquals(List.of("matmul", "softmax", "matmul"), kernels(columns));
    String right =
        "(%q: Tensor[(2, 6, 4), float32], %k: Tensor[(2, 4, 6), float32], "
            + "%v: Tensor[(2, 4, 6), float32]) -> Tensor[(2, 4, 6), float32] {"
            + " %0 = nn.softmax(nn.matmul(%q, %k)); nn.matmul(%v, %0) }";
    assertEquals(List.of("matmul", "softmax", "matmul"), kernels(right));
  }

  @Test
  void transposesJoinTheProductWhoseResultTheyMove() {
    String heads =
        X
            + ", %w: Tensor[(8, 8), float32]) -> Tensor[(1, 2, 8, 4), float32] "
            + "{ transpose(reshape(nn.dense(%x, %w), newshape=[1, 8, 2, 4]), axes=[0, 2, 1, 3]) }";
    assertEquals(List.of("dense_reshape_transpose"), kernels(heads));
    FuseOperators without =
        new FuseOperators(new FuseOperators.Options(64, 24, false, true, true, false));
    assertEquals(
        List.of("dense", "[reshape]", "transpose"),
        kernels(PassTester.run(without, module(heads))));
  }

  @Test
  void viewsAtTheEndsOfAKernelStandAlone() {
    assertEquals(
        List.of("[reshape]", "exp_tanh", "[expand_dims]"),
        kernels(
            X
                + ") -> Tensor[(1, 64), float32] "
                + "{ expand_dims(tanh(exp(reshape(%x, newshape=[64]))), axes=[0]) }"));
  }

  @Test
  void concatenationTakesTheWorkOfItsParts() {
    assertEquals(
        List.of("exp_tanh_concatenate"),
        kernels(
            XY + " -> Tensor[(1, 16, 8), float32] { concatenate((exp(%x), tanh(%y)), axis=1) }"));
  }

  @Test
  void outputsAreKernelsOfTheirOwn() {
    assertEquals(
        List.of("exp", "tanh"),
        kernels(
            X
                + ") -> (Tensor[(1, 8, 8), float32], Tensor[(1, 8, 8), float32]) "
                + "{ %0 = exp(%x); (tanh(%0), %0) }"));
  }

  @Test
  void branchesKeepTheirOwnKernels() {
    assertEquals(
        List.of("exp", "tanh_relu", "sqrt"),
        kernels(
            X
                + ", %c: Tensor[(), bool])"
                + OUT
                + "{ %0 = exp(%x); if (%c) { nn.relu(tanh(%0)) } else { sqrt(%0) } }"));
  }

  @Test
  void equalKernelsAreOneFunction() {
    IRModule fused =
        PassTester.run(
            new FuseOperators(),
            module(
                X
                    + ", %w: Tensor[(8, 8), float32])"
                    + OUT
                    + "{ %0 = nn.relu(nn.dense(%x, %w) from \"a\");"
                    + " nn.relu(nn.dense(%0, %w) from \"b\") }"));
    List<Call> calls =
        Exprs.postOrder(fused.main().body()).stream()
            .filter(Call.class::isInstance)
            .map(Call.class::cast)
            .toList();
    assertSame(calls.get(0).callee(), calls.get(1).callee());
    assertEquals(List.of("a", "b"), calls.stream().map(Call::label).toList());
  }

  @Test
  void aWideImageAndTheWindowsThatSlideOverItAreOneKernel() {
    assertEquals(
        List.of("conv2d_relu_conv2d_relu_conv2d"),
        kernels(PassTester.run(new FuseOperators(), bottleneck(48))));
  }

  @Test
  void aSmallImageIsWritten() {
    assertEquals(
        List.of("conv2d_relu", "conv2d_relu", "conv2d"),
        kernels(PassTester.run(new FuseOperators(), bottleneck(8))));
  }

  @Test
  void convolutionsOfNoImagesAreKernelsOfTheirOwn() {
    assertEquals(3, kernels(PassTester.run(new FuseOperators(), bottleneck(0, 80))).size());
  }

  private static IRModule bottleneck(int size) {
    return bottleneck(1, size);
  }

  /** Images with their channels last: widened, looked at channel by channel, narrowed. */
  private static IRModule bottleneck(int images, int size) {
    Random random = new Random(1);
    Map<String, NDArray> weights = new TreeMap<>();
    weights.put("e", PassTester.random(TensorType.of(DType.F32, 32, 4, 1, 1), random));
    weights.put("d", PassTester.random(TensorType.of(DType.F32, 32, 1, 3, 3), random));
    weights.put("p", PassTester.random(TensorType.of(DType.F32, 4, 32, 1, 1), random));
    String image = "Tensor[(%d, %d, %d, 4), float32]".formatted(images, size, size);
    String main =
        """
        def @main(%%x: %s) -> %s {
          %%0 = nn.relu(nn.conv2d(%%x, const["e"], data_layout="NHWC"));
          %%1 = nn.conv2d(%%0, const["d"], data_layout="NHWC", groups=32, padding=[1, 1, 1, 1]);
          nn.conv2d(nn.relu(%%1), const["p"], data_layout="NHWC")
        }
        """
            .formatted(image, image);
    return new ModuleText(main, weights).parse(PassTester.OPERATORS::find);
  }

  @Test
  void aLongChainIsCutAtTheLimit() {
    StringBuilder chain = new StringBuilder(X + ")" + OUT + "{ %0 = tanh(%x);");
    for (int i = 1; i < 100; i++) {
      chain.append(" %").append(i).append(" = tanh(%").append(i - 1).append(");");
    }
    FuseOperators limited =
        new FuseOperators(new FuseOperators.Options(8, 4, true, true, true, false));
    IRModule fused = PassTester.run(limited, module(chain + " %99 }"));
    for (Expr expr : Exprs.postOrder(fused.main().body())) {
      if (expr instanceof Call call && call.callee() instanceof Function function) {
        long operators =
            Exprs.postOrder(function.body()).stream()
                .filter(e -> e instanceof Call c && c.callee() instanceof Operator)
                .count();
        assertTrue(operators <= 8, "a kernel has " + operators + " operators");
      }
    }
    assertEquals(13, kernels(fused).size());
  }
}
