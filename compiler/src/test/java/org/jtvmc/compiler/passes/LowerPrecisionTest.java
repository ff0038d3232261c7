package org.jtvmc.compiler.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.interpret.GraphEvaluator;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;

class LowerPrecisionTest {

  private static final LowerPrecision BF16 =
      new LowerPrecision(OperatorRegistry.standard(), DType.BF16);

  private static IRModule lowered(String function) {
    IRModule after = BF16.apply(PassTester.module(function));
    new CheckTypes().apply(after);
    assertSame(after, BF16.apply(after));
    return after;
  }

  @Test
  void productsReadSixteenBitsAndSumInThirtyTwo() {
    String text =
        PassTester.bodyOf(
            lowered(
                "(%x: Tensor[(2, 8), float32], %w: Tensor[(4, 8), float32])"
                    + " -> Tensor[(2, 4), float32] { nn.dense(%x, %w) }"));
    assertTrue(text.contains("cast(%x, dtype=bfloat16)"), text);
    assertTrue(text.contains("out_dtype=float32"), text);
  }

  /** The residual connection reads what the product reads, so that only that is in memory. */
  @Test
  void whatAProductReadsIsRoundedForAllReaders() {
    IRModule module =
        lowered(
            "(%x: Tensor[(2, 8), float32], %w: Tensor[(8, 8), float32])"
                + " -> Tensor[(2, 8), float32]"
                + " { %0 = tanh(%x); add(nn.dense(%0, %w), %0) }");
    NDArray x = random(TensorType.of(DType.F32, 2, 8));
    NDArray zero = NDArray.allocate(TensorType.of(DType.F32, 8, 8));
    NDArray sum = new GraphEvaluator(module).evaluate(module.main(), List.of(x, zero)).getFirst();
    for (long i = 0; i < sum.elements(); i++) {
      double exact = Math.tanh(x.getDouble(i));
      assertEquals(0, Float.floatToIntBits((float) sum.getDouble(i)) & 0xffff);
      assertEquals(exact, sum.getDouble(i), Math.abs(exact) / 256 + 1e-7);
    }
  }

  @Test
  void movedElementsAreRoundedBeforeTheyMove() {
    String text =
        PassTester.bodyOf(
            lowered(
                "(%x: Tensor[(2, 8), float32], %w: Tensor[(2, 4), float32]) -> Tensor[(8, 4),"
                    + " float32] { nn.dense(transpose(tanh(%x), axes=[1, 0]), %w,"
                    + " transpose_weight=false) }"));
    assertTrue(text.indexOf("dtype=bfloat16") < text.indexOf("transpose("), text);
  }

  @Test
  void theSumOfManyProductsIsNotRoundedOnTheWay() {
    IRModule module =
        lowered(
            "(%x: Tensor[(1, 4096), float32], %w: Tensor[(1, 4096), float32])"
                + " -> Tensor[(1, 1), float32] { nn.dense(%x, %w) }");
    NDArray ones = NDArray.allocate(TensorType.of(DType.F32, 1, 4096));
    for (long i = 0; i < 4096; i++) {
      ones.setDouble(i, 1);
    }
    NDArray sum =
        new GraphEvaluator(module).evaluate(module.main(), List.of(ones, ones)).getFirst();
    // Of 8 bits of significance, 1 + 256 is 256.
    assertEquals(4096, sum.getDouble(0));
  }

  @Test
  void aModelWithoutProductsStaysAsItIs() {
    IRModule module =
        PassTester.module("(%x: Tensor[(8), float32]) -> Tensor[(8), float32] { tanh(%x) }");
    assertSame(module.main(), BF16.apply(module).main());
  }

  private static NDArray random(TensorType type) {
    Random random = new Random(5);
    NDArray array = NDArray.allocate(type);
    for (long i = 0; i < array.elements(); i++) {
      array.setDouble(i, random.nextGaussian());
    }
    return array;
  }
}
