package org.jtvmc.compiler.passes;

import static org.jtvmc.compiler.passes.PassTester.OPERATORS;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.jtvmc.ir.graph.IRModule;
import org.junit.jupiter.api.Test;

final class SimplifyAlgebraTest {

  private static final String X = "(%x: Tensor[(2, 3, 8), float32]) -> ";
  private static final String SAME = X + "Tensor[(2, 3, 8), float32] ";

  private static void assertRewrites(String before, String after) {
    PassTester.assertRewrites(new SimplifyAlgebra(OPERATORS), before, after);
  }

  @Test
  void identitiesGo() {
    assertRewrites(
        SAME
            + """
            {
              %0 = transpose(cast(copy(%x), dtype=float32), axes=[0, 1, 2]);
              %1 = reshape(%0, newshape=[2, 3, 8]);
              %2 = nn.pad(concatenate((%1,)), pad_width=[0, 0, 0, 0, 0, 0]);
              %3 = strided_slice(%2, begin=[0], end=[2]);
              clip(%3)
            }
            """,
        "%x");
  }

  @Test
  void aReversedSliceStays() {
    assertRewrites(
        SAME + "{ strided_slice(%x, begin=[-1], end=[-9], strides=[-1]) }",
        "strided_slice(%x, begin=[-1], end=[-9], strides=[-1])");
  }

  @Test
  void neutralOperandsGo() {
    assertRewrites(
        SAME
            + """
            {
              %0 = add(%x, const(0.0, float32));
              %1 = multiply(const([1.0], float32), %0);
              %2 = divide(%1, const(1.0, float32));
              %3 = subtract(%2, const(0.0, float32));
              power(%3, const(1.0, float32))
            }
            """,
        "%x");
  }

  @Test
  void aNeutralOperandThatWidensStays() {
    assertRewrites(
        "(%x: Tensor[(1), float32]) -> Tensor[(2), float32] { add(%x, const([0.0, 0.0], float32))"
            + " }",
        "add(%x, const([0.0, 0.0], float32))");
  }

  @Test
  void movementsMerge() {
    assertRewrites(
        X
            + """
            Tensor[(3, 16), float32] {
              %0 = transpose(transpose(%x, axes=[1, 0, 2]), axes=[0, 2, 1]);
              %1 = expand_dims(reshape(%0, newshape=[3, 16]), axes=[0]);
              squeeze(%1, axis=[0])
            }
            """,
        "%0 = transpose(%x, axes=[1, 2, 0]);\nreshape(%0, newshape=[3, 16])");
    assertRewrites(
        "(%x: Tensor[(8, 1, 5), float32]) -> Tensor[(1, 8, 5), float32] "
            + "{ transpose(%x, axes=[1, 0, 2]) }",
        "reshape(%x, newshape=[1, 8, 5])");
    assertRewrites(SAME + "{ transpose(transpose(%x, axes=[2, 0, 1]), axes=[1, 2, 0]) }", "%x");
  }

  @Test
  void padsGoIntoConvolutions() {
    assertRewrites(
        "(%x: Tensor[(1, 2, 5, 5), float32], %w: Tensor[(3, 2, 3, 3), float32])"
            + " -> Tensor[(1, 3, 6, 5), float32] "
            + """
            {
              %0 = nn.pad(%x, pad_width=[0, 0, 1, 0, 0, 0, 2, 0]);
              nn.conv2d(%0, %w, padding=[0, 1, 0, 1])
            }
            """,
        "nn.conv2d(%x, %w, padding=[1, 1, 2, 1])");
  }

  @Test
  void productsWithConstantsAreDense() {
    assertRewrites(
        X
            + "Tensor[(2, 3, 1), float32] { nn.matmul(%x, reshape(const([1.0, 2.0, 3.0, 4.0, 5.0,"
            + " 6.0, 7.0, 8.0], float32), newshape=[8, 1])) }",
        """
        %0 = reshape(const([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], float32), newshape=[8, 1]);
        nn.matmul(%x, %0)
        """);
  }

  @Test
  void layerNormsAreRecognised() {
    String norm =
        "nn.layer_norm(%x, const([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], float32),"
            + " const(0.5, float32), epsilon=9.999999747378752E-6)";
    String scaled =
        """
          %5 = multiply(%4, const([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], float32));
          add(%5, const(0.5, float32))
        }
        """;
    assertRewrites(
        SAME
            + """
            {
              %0 = subtract(%x, mean(%x, axes=[-1], keepdims=true));
              %1 = mean(power(%0, const(2.0, float32)), axes=[2], keepdims=true);
              %3 = sqrt(add(%1, const(1.0E-5, float32)));
              %4 = divide(%0, %3);
            """
            + scaled,
        norm);
    assertRewrites(
        SAME
            + """
            {
              %m = mean(%x, axes=[-1], keepdims=true);
              %0 = subtract(%x, %m);
              %1 = subtract(%x, %m);
              %2 = mean(multiply(%0, %0), axes=[-1], keepdims=true);
              %3 = rsqrt(add(const(1.0E-5, float32), %2));
              %4 = multiply(%3, %1);
            """
                .replace("%m", "%9")
            + scaled,
        norm);
  }

  @Test
  void aNormOverOtherAxesIsNotRecognised() {
    String body =
        """
        %0 = mean(%x, axes=[1], keepdims=true);
        %1 = subtract(%x, %0);
        %2 = multiply(%1, %1);
        %3 = mean(%2, axes=[1], keepdims=true);
        %4 = add(%3, const(1.0E-5, float32));
        %5 = sqrt(%4);
        divide(%1, %5)
        """;
    assertRewrites(SAME + "{ " + body + "}", body);
  }

  @Test
  void gelusAreRecognised() {
    assertRewrites(
        SAME
            + """
            {
              %0 = divide(%x, const(1.4142135, float32));
              %1 = add(erf(%0), const(1.0, float32));
              multiply(multiply(%x, %1), const(0.5, float32))
            }
            """,
        "nn.gelu(%x)");
    assertRewrites(
        SAME
            + """
            {
              %0 = multiply(const(0.70710677, float32), %x);
              %1 = add(const(1.0, float32), erf(%0));
              multiply(multiply(const(0.5, float32), %x), %1)
            }
            """,
        "nn.gelu(%x)");
  }

  @Test
  void swishesAreRecognised() {
    assertRewrites(SAME + "{ multiply(sigmoid(%x), %x) }", "nn.silu(%x)");
    assertRewrites(
        SAME + "{ multiply(%x, nn.hard_sigmoid(%x, alpha=0.16666667, beta=0.5)) }",
        "nn.hard_swish(%x)");
    String clip = "clip(add(%x, const(3.0, float32)), a_min=0.0, a_max=6.0)";
    assertRewrites(
        SAME + "{ divide(multiply(%x, " + clip + "), const(6.0, float32)) }", "nn.hard_swish(%x)");
    assertRewrites(
        SAME + "{ multiply(%x, divide(" + clip + ", const(6.0, float32))) }", "nn.hard_swish(%x)");
    assertRewrites(
        SAME + "{ multiply(multiply(%x, " + clip + "), const(0.16666667, float32)) }",
        "nn.hard_swish(%x)");
  }

  @Test
  void powersAndDivisionsGetCheaper() {
    assertRewrites(
        SAME + "{ divide(power(%x, const(2.0, float32)), const(8.0, float32)) }",
        "%0 = multiply(%x, %x);\nmultiply(%0, const(0.125, float32))");
    assertRewrites(
        SAME + "{ divide(%x, const(3.0, float32)) }", "multiply(%x, const(0.33333334, float32))");
    assertRewrites(
        "(%x: Tensor[(2), int32]) -> Tensor[(2), int32] { divide(%x, const(4, int32)) }",
        "divide(%x, const(4, int32))");
  }

  @Test
  void constantsBehindProductsAreBiases() {
    assertRewrites(
        "(%x: Tensor[(1, 1, 5, 5), float32], %w: Tensor[(2, 1, 3, 3), float32])"
            + " -> Tensor[(1, 2, 3, 3), float32] "
            + """
            {
              %0 = reshape(const([1.0, 2.0], float32), newshape=[1, 2, 1, 1]);
              %1 = nn.conv2d(%x, %w);
              add(%0, %1)
            }
            """,
        """
        %0 = reshape(const([1.0, 2.0], float32), newshape=[1, 2, 1, 1]);
        %1 = nn.conv2d(%x, %w);
        add(%0, %1)
        """);
    assertRewrites(
        X.replace(") ->", ", %w: Tensor[(3, 8), float32]) ->")
            + "Tensor[(2, 3, 3), float32] "
            + "{ add(nn.dense(%x, %w), const([1.0, 2.0, 3.0], float32)) }",
        "%0 = nn.dense(%x, %w);\nnn.bias_add(%0, const([1.0, 2.0, 3.0], float32), axis=-1)");
  }

  /** The body after folding constants and then simplifying, which computes the same. */
  private static String quantized(String parameters, String product) {
    IRModule before =
        PassTester.run(new FoldConstants(), PassTester.module(parameters + "{ " + product + " }"));
    return PassTester.bodyOf(PassTester.run(new SimplifyAlgebra(OPERATORS), before));
  }

  private static String wide(int seed, String shape, String dtype) {
    return "cast(const(random(%d), Tensor[(%s), %s]), dtype=int32)".formatted(seed, shape, dtype);
  }

  @Test
  void quantizedProductsMultiplyBytes() {
    for (boolean transposed : new boolean[] {true, false}) {
      String body =
          quantized(
              "(%x: Tensor[(3, 6), uint8], %z: Tensor[(), int32]) -> Tensor[(3, 4), int32] ",
              "nn.dense(subtract(cast(%%x, dtype=int32), %%z), %s, transpose_weight=%s)"
                  .formatted(wide(1, transposed ? "4, 6" : "6, 4", "int8"), transposed));
      assertTrue(body.contains("nn.dense(%x, "), body);
      assertTrue(body.contains("out_dtype=int32"), body);
    }
  }

  @Test
  void aQuantizedConvolutionPadsByItsZeroPoint() {
    String body =
        quantized(
            "(%x: Tensor[(1, 4, 5, 3), uint8]) -> Tensor[(1, 6, 5, 3), int32] ",
            "nn.conv2d(subtract(cast(%%x, dtype=int32), const(7, int32)), %s, padding=[1, 1, 1, 1],"
                    .formatted(wide(2, "6, 2, 3, 3", "uint8"))
                + " groups=2)");
    assertTrue(body.contains("pad_value=7.0"), body);
    assertTrue(body.contains("out_dtype=int32"), body);
  }

  @Test
  void numbersThatAreNoBytesStay() {
    String body =
        quantized(
            "(%x: Tensor[(3, 6), uint8]) -> Tensor[(3, 4), int32] ",
            "nn.dense(cast(%%x, dtype=int32), subtract(%s, const(200, int32)))"
                .formatted(wide(3, "4, 6", "int8")));
    assertTrue(body.contains("cast(%x, dtype=int32)"), body);
  }
}
