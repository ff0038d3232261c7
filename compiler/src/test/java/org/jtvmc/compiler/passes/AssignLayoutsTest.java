package org.jtvmc.compiler.passes;

import static org.jtvmc.compiler.passes.PassTester.OPERATORS;
import static org.jtvmc.compiler.passes.PassTester.assertRewrites;

import org.jtvmc.compiler.passes.layout.AssignLayouts;
import org.junit.jupiter.api.Test;

final class AssignLayoutsTest {
  private static final String CHAIN =
      """
      (%x: Tensor[(1, 3, 6, 6), float32], %w: Tensor[(8, 3, 3, 3), float32],
       %b: Tensor[(8), float32], %d: Tensor[(8, 1, 3, 3), float32],
       %p: Tensor[(8, 8, 1, 1), float32], %s: Tensor[(8, 1, 1), float32])
      """
          .replace("\n", " ");

  private static void assertLayouts(String result, String before, String after) {
    assertRewrites(new AssignLayouts(OPERATORS), CHAIN + "-> " + result + before, after);
  }

  @Test
  void theFirstConvolutionReadsItsDataWhereItLiesAndTheLastImageIsTurnedBack() {
    assertLayouts(
        "Tensor[(1, 8, 2, 2), float32]",
        """
        {
          %0 = nn.conv2d(%x, %w);
          %1 = nn.bias_add(%0, %b);
          %2 = nn.conv2d(%1, %d, groups=8, padding=[1, 1, 1, 1], strides=[2, 2]);
          %3 = multiply(%2, %s);
          nn.relu(%3)
        }
        """,
        """
        %0 = nn.conv2d(%x, %w, out_layout="NHWC");
        %1 = nn.bias_add(%0, %b, axis=3);
        %2 = nn.conv2d(%1, %d, data_layout="NHWC", groups=8, padding=[1, 1, 1, 1], strides=[2, 2]);
        %3 = reshape(%s, newshape=[1, 8, 1, 1]);
        %4 = transpose(%3, axes=[0, 2, 3, 1]);
        %5 = multiply(%2, %4);
        %6 = nn.relu(%5);
        transpose(%6, axes=[0, 3, 1, 2])
        """);
  }

  /** Turning the result is part of the convolution's kernel; turning the input would be another. */
  @Test
  void aResidualThatIsGivenIsReadWhereItLies() {
    assertRewrites(
        new AssignLayouts(OPERATORS),
        """
        (%x: Tensor[(1, 3, 6, 6), float32], %w: Tensor[(8, 3, 1, 1), float32],
         %r: Tensor[(1, 8, 6, 6), float32]) -> Tensor[(1, 8, 6, 6), float32] {
          %0 = nn.conv2d(%x, %w);
          %1 = add(%0, %r);
          nn.relu(%1)
        }
        """,
        """
        %0 = nn.conv2d(%x, %w, out_layout="NHWC");
        %1 = transpose(%0, axes=[0, 3, 1, 2]);
        %2 = add(%1, %r);
        nn.relu(%2)
        """);
  }

  /** As between two quantized convolutions, the second of which is padded by its zero point. */
  @Test
  void paddingByAZeroPointStaysInTheChain() {
    assertRewrites(
        new AssignLayouts(OPERATORS),
        """
        (%x: Tensor[(1, 4, 6, 6), uint8], %w: Tensor[(8, 4, 1, 1), int8],
         %v: Tensor[(8, 8, 3, 3), int8]) -> Tensor[(1, 8, 6, 6), int32] {
          %0 = nn.conv2d(%x, %w, out_dtype=int32);
          %1 = cast(%0, dtype=uint8);
          %2 = nn.pad(%1, pad_value=7.0, pad_width=[0, 0, 1, 2, 0, 0, 1, 0]);
          nn.conv2d(%2, %v, out_dtype=int32)
        }
        """,
        """
        %0 = nn.conv2d(%x, %w, out_dtype=int32, out_layout="NHWC");
        %1 = cast(%0, dtype=uint8);
        %2 = nn.pad(%1, pad_value=7.0, pad_width=[0, 1, 2, 0, 0, 1, 0, 0]);
        %3 = nn.conv2d(%2, %v, data_layout="NHWC", out_dtype=int32);
        transpose(%3, axes=[0, 3, 1, 2])
        """);
  }

  @Test
  void residualsPoolingAndSqueezedChannelsStayInTheChain() {
    assertLayouts(
        "Tensor[(1, 8, 1, 1), float32]",
        """
        {
          %0 = nn.conv2d(%x, %w);
          %1 = nn.conv2d(%0, %p);
          %2 = add(%0, %1);
          %3 = mean(%2, axes=[2, 3], keepdims=true);
          %4 = multiply(%2, %3);
          %5 = nn.max_pool(%4, pool_size=[2, 2]);
          nn.global_avg_pool(%5)
        }
        """,
        """
        %0 = nn.conv2d(%x, %w, out_layout="NHWC");
        %1 = nn.conv2d(%0, %p, data_layout="NHWC");
        %2 = add(%0, %1);
        %3 = mean(%2, axes=[1, 2], keepdims=true);
        %4 = multiply(%2, %3);
        %5 = nn.max_pool(%4, data_layout="NHWC", pool_size=[2, 2]);
        %6 = nn.global_avg_pool(%5, data_layout="NHWC");
        transpose(%6, axes=[0, 3, 1, 2])
        """);
  }

  @Test
  void partsAndSizesFollowTheirDimensions() {
    assertLayouts(
        "Tensor[(1, 12, 9, 9), float32]",
        """
        {
          %0 = nn.conv2d(%x, %w);
          %1 = image.resize(%0, sizes=[1, 8, 8, 8]);
          %2 = nn.pad(%1, pad_width=[0, 0, 0, 1, 0, 0, 1, 0]);
          %3 = strided_slice(%2, axes=[1], begin=[0], end=[4]);
          concatenate((%2, %3), axis=1)
        }
        """,
        """
        %0 = nn.conv2d(%x, %w, out_layout="NHWC");
        %1 = image.resize(%0, sizes=[1, 8, 8, 8]);
        %2 = nn.pad(%1, pad_width=[0, 0, 1, 0, 0, 1, 0, 0]);
        %3 = strided_slice(%2, axes=[3], begin=[0], end=[4]);
        %4 = concatenate((%2, %3), axis=3);
        transpose(%4, axes=[0, 3, 1, 2])
        """);
  }

  @Test
  void whatHasFewChannelsOrStandsAloneKeepsItsLayout() {
    String body =
        """
        {
          %0 = nn.max_pool(%x, pool_size=[2, 2]);
          nn.relu(%0)
        }
        """;
    assertLayouts(
        "Tensor[(1, 3, 5, 5), float32]",
        body,
        "%0 = nn.max_pool(%x, pool_size=[2, 2]);\nnn.relu(%0)");
  }

  @Test
  void whatReadsMoreElementsWithTheChannelsFirstStaysSo() {
    assertLayouts(
        "Tensor[(1, 8, 4, 4), float32]",
        """
        {
          %0 = nn.conv2d(%x, %w);
          %1 = reshape(%0, newshape=[1, 8, 16]);
          %2 = reshape(%1, newshape=[1, 8, 4, 4]);
          %3 = nn.relu(%2);
          %4 = mean(%0, axes=[2, 3], keepdims=true);
          add(%3, %4)
        }
        """,
        """
        %0 = nn.conv2d(%x, %w, out_layout="NHWC");
        %1 = transpose(%0, axes=[0, 3, 1, 2]);
        %2 = reshape(%1, newshape=[1, 8, 16]);
        %3 = reshape(%2, newshape=[1, 8, 4, 4]);
        %4 = nn.relu(%3);
        %5 = mean(%0, axes=[1, 2], keepdims=true);
        %6 = transpose(%5, axes=[0, 3, 1, 2]);
        add(%4, %6)
        """);
  }
}
