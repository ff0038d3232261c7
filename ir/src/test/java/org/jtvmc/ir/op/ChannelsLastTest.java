package org.jtvmc.ir.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With the channels last, operators compute the transpose of what they compute otherwise. */
final class ChannelsLastTest {
  private static final OperatorRegistry OPERATORS = OperatorRegistry.standard();
  private final Random random = new Random(5);

  @ParameterizedTest
  @CsvSource({"1, 6, 4", "2, 6, 4", "6, 6, 6", "3, 6, 9"})
  void convolutionsOfAnyGroups(long groups, long inputs, long outputs) {
    NDArray data = random(2, inputs, 7, 6);
    NDArray weight = random(outputs, inputs / groups, 3, 2);
    Attributes attributes =
        Attributes.builder()
            .put("groups", groups)
            .put("strides", List.of(2L, 1L))
            .put("padding", List.of(1L, 0L, 2L, 1L))
            .put("dilation", List.of(1L, 2L))
            .build();
    NDArray expected = toLast(call("nn.conv2d", attributes, data, weight));
    NDArray both = toLast(data);
    assertSame(expected, call("nn.conv2d", with(attributes, "data_layout", "NHWC"), both, weight));
    assertSame(expected, call("nn.conv2d", with(attributes, "out_layout", "NHWC"), data, weight));
    Attributes back = with(with(attributes, "data_layout", "NHWC"), "out_layout", "NCHW");
    assertSame(expected, toLast(call("nn.conv2d", back, both, weight)));
  }

  @Test
  void convolutionsOfOneAndThreeDimensions() {
    NDArray row = random(1, 3, 9);
    NDArray narrow = random(2, 3, 4);
    assertSame(
        toLast(call("nn.conv1d", Attributes.NONE, row, narrow)),
        call("nn.conv1d", with(Attributes.NONE, "data_layout", "NWC"), toLast(row), narrow));
    NDArray block = random(1, 2, 3, 4, 5);
    NDArray cube = random(3, 2, 2, 2, 2);
    assertSame(
        toLast(call("nn.conv3d", Attributes.NONE, block, cube)),
        call("nn.conv3d", with(Attributes.NONE, "data_layout", "NDHWC"), toLast(block), cube));
  }

  @ParameterizedTest
  @CsvSource({"nn.max_pool, false", "nn.avg_pool, false", "nn.avg_pool, true", "nn.lp_pool, true"})
  void poolingOverWindows(String name, boolean ceil) {
    NDArray data = random(2, 3, 7, 6);
    Attributes attributes =
        Attributes.builder()
            .put("pool_size", List.of(3L, 2L))
            .put("strides", List.of(2L, 2L))
            .put("padding", List.of(1L, 0L, 1L, 1L))
            .put("ceil_mode", ceil)
            .build();
    assertSame(
        toLast(call(name, attributes, data)),
        call(name, with(attributes, "data_layout", "NHWC"), toLast(data)));
  }

  @ParameterizedTest
  @CsvSource({"nn.global_avg_pool", "nn.global_max_pool"})
  void poolingOverImages(String name) {
    NDArray data = random(2, 3, 4, 5);
    assertSame(
        toLast(call(name, Attributes.NONE, data)),
        call(name, with(Attributes.NONE, "data_layout", "NHWC"), toLast(data)));
  }

  /** Compared with the direct form; the tolerance is that of the larger tiles. */
  @ParameterizedTest
  @CsvSource({"7, 9, 0, 1, NHWC", "8, 8, 1, 1, NHWC", "5, 4, 2, 0, NHWC", "7, 9, 1, 1, NCHW"})
  void tilesOfTransformedImagesComputeTheConvolution(
      long height, long width, long before, long behind, String layout) {
    List<double[]> results =
        byStrategies(
            List.of("direct", "winograd2", "winograd4"),
            layout.equals("NHWC") ? List.of(2L, height, width, 5L) : List.of(2L, 5L, height, width),
            List.of(4L, 5L, 3L, 3L),
            List.of(before, before, behind, behind),
            layout);
    assertArrayEquals(results.get(0), results.get(1), 1e-5);
    assertArrayEquals(results.get(0), results.get(2), 5e-5);
  }

  /** One tile, several that end with the image, and some that reach far beyond it. */
  @ParameterizedTest
  @CsvSource({
    "9, 8, 7, 7, 3, 3",
    "20, 14, 7, 7, 3, 3",
    "13, 25, 5, 11, 0, 2",
    "12, 12, 9, 9, 1, 6"
  })
  void fourierTransformsOfTilesComputeTheConvolution(
      long height, long width, long down, long across, long before, long behind) {
    List<double[]> results =
        byStrategies(
            List.of("direct", "fourier"),
            List.of(2L, height, width, 3L),
            List.of(2L, 3L, down, across),
            List.of(before, before, behind, behind),
            "NHWC");
    assertArrayEquals(results.get(0), results.get(1), 5e-5);
  }

  /** The results of each strategy on the same random operands. */
  private List<double[]> byStrategies(
      List<String> strategies,
      List<Long> data,
      List<Long> weight,
      List<Long> padding,
      String layout) {
    long[] shape = data.stream().mapToLong(Long::longValue).toArray();
    long[] weightShape = weight.stream().mapToLong(Long::longValue).toArray();
    Operator conv = OPERATORS.get("nn.conv2d");
    List<Tensor> operands =
        List.of(
            Tensor.placeholder("x", DType.F32, shape),
            Tensor.placeholder("w", DType.F32, weightShape));
    Attributes attributes =
        Attributes.builder()
            .put("padding", padding)
            .put("data_layout", layout)
            .put("out_layout", "NHWC")
            .build();
    Type result =
        conv.infer(
            List.of(TensorType.of(DType.F32, shape), TensorType.of(DType.F32, weightShape)),
            attributes);
    Map<Tensor, NDArray> contents =
        Map.of(operands.get(0), random(shape), operands.get(1), random(weightShape));
    List<double[]> results = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (Operator.Strategy s : conv.strategies(operands, attributes, result)) {
      names.add(s.name());
      List<Tensor> outputs = s.algorithm().compute(operands, attributes, result);
      results.add(values(TensorEvaluator.evaluate(outputs, contents).getFirst()));
    }
    assertEquals(strategies, names);
    return results;
  }

  @Test
  void anUnknownLayoutIsNamed() {
    TensorType data = TensorType.of(DType.F32, 1, 3, 4, 4);
    TensorType weight = TensorType.of(DType.F32, 2, 3, 1, 1);
    TypeException fault =
        assertThrows(
            TypeException.class,
            () ->
                OPERATORS
                    .get("nn.conv2d")
                    .infer(List.of(data, weight), with(Attributes.NONE, "data_layout", "NWHC")));
    assertEquals("data_layout is 'NWHC', but must be 'NCHW' or 'NHWC'", fault.getMessage());
  }

  private static Attributes with(Attributes attributes, String name, String value) {
    return Attributes.builder().putAll(attributes.values()).put(name, value).build();
  }

  private static NDArray call(String name, Attributes attributes, NDArray... operands) {
    Operator operator = OPERATORS.get(name);
    List<Type> types = new ArrayList<>();
    for (NDArray operand : operands) {
      types.add(operand.type());
    }
    Type result = operator.infer(types, attributes);
    return TensorEvaluator.apply(operator, List.of(operands), attributes, result).getFirst();
  }

  private static NDArray toLast(NDArray image) {
    int rank = image.type().rank();
    List<Long> axes = new ArrayList<>(List.of(0L));
    LongStream.range(2, rank).forEach(axes::add);
    axes.add(1L);
    return call("transpose", Attributes.builder().put("axes", axes).build(), image);
  }

  /** The order of sums may differ. */
  private static void assertSame(NDArray expected, NDArray actual) {
    assertEquals(expected.type(), actual.type());
    assertArrayEquals(values(expected), values(actual), 1e-5);
  }

  private static double[] values(NDArray array) {
    return LongStream.range(0, array.elements()).mapToDouble(array::getDouble).toArray();
  }

  private NDArray random(long... shape) {
    NDArray array = NDArray.allocate(TensorType.of(DType.F32, shape));
    for (long i = 0; i < array.elements(); i++) {
      array.setDouble(i, random.nextGaussian());
    }
    return array;
  }
}
