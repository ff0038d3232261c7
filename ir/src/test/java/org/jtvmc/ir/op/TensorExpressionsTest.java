package org.jtvmc.ir.op;

import static org.jtvmc.ir.op.OperatorCalls.array;
import static org.jtvmc.ir.op.OperatorCalls.call;
import static org.jtvmc.ir.op.OperatorCalls.counting;
import static org.jtvmc.ir.op.OperatorCalls.floats;
import static org.jtvmc.ir.op.OperatorCalls.values;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The operators' tensor expressions against values worked out by hand. */
class TensorExpressionsTest {
  private static final Attributes NONE = Attributes.NONE;

  private static Attributes.Builder attributes() {
    return Attributes.builder();
  }

  private static String print(String operator, Attributes attributes, Tensor... inputs) {
    Operator op = OperatorRegistry.standard().get(operator);
    List<TensorType> types = Arrays.stream(inputs).map(TensorExpressionsTest::typeOf).toList();
    return op.compute(List.of(inputs), attributes, op.infer(List.copyOf(types), attributes))
        .getFirst()
        .op()
        .toString();
  }

  private static TensorType typeOf(Tensor tensor) {
    long[] sizes = Axes.of(tensor.shape()).stream().mapToLong(Axis::size).toArray();
    return TensorType.of(tensor.dtype(), sizes);
  }

  @Test
  void reshapeMixesOnlyDimensionsThatBelongTogether() {
    Tensor data = Tensor.placeholder("x", DType.F32, 128, 384);
    assertEquals(
        "reshape[i0, i1, i2] = x[i0, ((i1 * 32) + i2)]",
        print("reshape", attributes().put("newshape", List.of(128L, 12L, 32L)).build(), data));
    Tensor heads = Tensor.placeholder("x", DType.F32, 1, 128, 12, 32);
    assertEquals(
        "reshape[i0, i1] = x[0, i0, (i1 // 32), (i1 % 32)]",
        print("reshape", attributes().put("newshape", List.of(128L, 384L)).build(), heads));
  }

  @Test
  void pointwiseConvolutionReducesOverChannelsOnly() {
    Tensor data = Tensor.placeholder("x", DType.F32, 1, 8, 4, 4);
    Tensor weight = Tensor.placeholder("w", DType.F32, 16, 8, 1, 1);
    assertEquals(
        "conv2d[n, c, h, w] = sum((x[n, ci, h, w] * w[c, ci, 0, 0]), [ci in 0..8])",
        print("nn.conv2d", NONE, data, weight));
  }

  @Test
  void convolutionOfAllOnesCountsTheWindow() {
    NDArray data = floats(List.of(1, 1, 3, 3), 1, 1, 1, 1, 1, 1, 1, 1, 1);
    NDArray weight = floats(List.of(1, 1, 3, 3), 1, 1, 1, 1, 1, 1, 1, 1, 1);
    NDArray result =
        call(
            "nn.conv2d",
            attributes().put("padding", List.of(1L, 1L, 1L, 1L)).build(),
            data,
            weight);
    assertArrayEquals(new double[] {4, 6, 4, 6, 9, 6, 4, 6, 4}, values(result));
  }

  @Test
  void transposedConvolutionSpreadsEachElement() {
    NDArray data = floats(List.of(1, 1, 1, 2), 1, 10);
    NDArray weight = floats(List.of(1, 1, 1, 3), 1, 2, 3);
    NDArray result =
        call(
            "nn.conv2d_transpose",
            attributes().put("strides", List.of(1L, 2L)).build(),
            data,
            weight);
    assertArrayEquals(new double[] {1, 2, 13, 20, 30}, values(result));
  }

  @Test
  void matrixProductBroadcastsLeadingDimensions() {
    NDArray a = counting(2, 1, 1, 2);
    NDArray b = counting(2, 2, 1);
    assertArrayEquals(new double[] {1, 3, 3, 13}, values(call("nn.matmul", NONE, a, b)));
  }

  @Test
  void softmaxOfLargeValuesDoesNotOverflow() {
    NDArray result = call("nn.softmax", NONE, floats(List.of(2), 1000, 1000));
    assertArrayEquals(new double[] {0.5, 0.5}, values(result));
  }

  @Test
  void layerNormOfTwoValuesIsPlusMinusOne() {
    NDArray result =
        call(
            "nn.layer_norm",
            attributes().put("epsilon", 0.0).build(),
            floats(List.of(1, 2), 10001, 10003),
            floats(List.of(2), 1, 2),
            floats(List.of(2), 0, 5));
    assertArrayEquals(new double[] {-1, 7}, values(result));
  }

  @Test
  void averagesLeaveOutPaddingUnlessTold() {
    NDArray data = floats(List.of(1, 1, 2), 2, 4);
    Attributes.Builder pool =
        attributes().put("pool_size", List.of(2L)).put("padding", List.of(1L, 1L));
    assertArrayEquals(new double[] {2, 3, 4}, values(call("nn.avg_pool", pool.build(), data)));
    assertArrayEquals(
        new double[] {1, 3, 2},
        values(call("nn.avg_pool", pool.put("count_include_pad", true).build(), data)));
  }

  @Test
  void sliceWithNegativeStepGoesBackwards() {
    NDArray result =
        call(
            "strided_slice",
            attributes()
                .put("begin", List.of(-1L))
                .put("end", List.of((long) Integer.MIN_VALUE))
                .put("strides", List.of(-2L))
                .put("axes", List.of(-1L))
                .build(),
            counting(2, 4));
    assertArrayEquals(new double[] {3, 1, 7, 5}, values(result));
  }

  @Test
  void takeCountsNegativeIndicesFromTheEnd() {
    NDArray indices = array(DType.I64, List.of(2), -1, 0);
    assertArrayEquals(
        new double[] {4, 5, 0, 1}, values(call("take", NONE, counting(3, 2), indices)));
  }

  @Test
  void integerDivisionRoundsTowardsZeroAndModTowardsTheDivisor() {
    NDArray a = array(DType.I32, List.of(2), -7, 7);
    NDArray b = array(DType.I32, List.of(2), 2, -2);
    assertArrayEquals(new double[] {-3, -3}, values(call("divide", NONE, a, b)));
    assertArrayEquals(new double[] {1, -1}, values(call("mod", NONE, a, b)));
    assertArrayEquals(new double[] {-1, 1}, values(call("trunc_mod", NONE, a, b)));
  }

  @Test
  void arithmeticOnNarrowTypesWraps() {
    NDArray a = array(DType.U8, List.of(1), 200);
    assertArrayEquals(new double[] {144}, values(call("add", NONE, a, a)));
    NDArray b = array(DType.I8, List.of(1), 100);
    assertArrayEquals(new double[] {-56}, values(call("add", NONE, b, b)));
  }

  @Test
  void meanOfHalfPrecisionIsSummedInSinglePrecision() {
    double[] ones = new double[4096];
    Arrays.fill(ones, 1);
    NDArray result = call("mean", NONE, array(DType.F16, List.of(4096), ones));
    assertArrayEquals(new double[] {1}, values(result));
  }

  @Test
  void everyStrategyOfAConvolutionComputesTheSame() {
    Operator conv = OperatorRegistry.standard().get("nn.conv2d");
    Tensor data = Tensor.placeholder("x", DType.F32, 2, 3, 6, 5);
    Tensor weight = Tensor.placeholder("w", DType.F32, 4, 3, 3, 2);
    Attributes attributes =
        attributes()
            .put("strides", List.of(2L, 1L))
            .put("padding", List.of(1L, 0L, 2L, 1L))
            .put("dilation", List.of(1L, 2L))
            .build();
    TensorType result = (TensorType) conv.infer(List.of(typeOf(data), typeOf(weight)), attributes);
    List<Operator.Strategy> strategies = conv.strategies(List.of(data, weight), attributes, result);
    assertEquals(
        List.of("direct", "matmul"), strategies.stream().map(Operator.Strategy::name).toList());
    var contents = Map.of(data, counting(2, 3, 6, 5), weight, counting(4, 3, 3, 2));
    List<double[]> results =
        strategies.stream()
            .map(s -> s.algorithm().compute(List.of(data, weight), attributes, result))
            .map(outputs -> values(TensorEvaluator.evaluate(outputs, contents).getFirst()))
            .toList();
    assertArrayEquals(results.get(0), results.get(1));
  }

  @ParameterizedTest
  @CsvSource({
    "nn.max_pool, 3 2, 2 1, 1 1 1 0, 1 2, false, false",
    "nn.max_pool, 3 3, 2 3, 0 1 1 0, 1 1, true, false",
    "nn.avg_pool, 3 2, 1 2, 1 0 1 1, 1 1, false, true",
    "nn.avg_pool, 2 3, 2 2, 1 1 0 1, 1 1, true, false"
  })
  void bothStrategiesOfAPoolingComputeTheSame(
      String name,
      String size,
      String strides,
      String padding,
      String dilation,
      boolean ceil,
      boolean includePad) {
    Operator pool = OperatorRegistry.standard().get(name);
    Tensor data = Tensor.placeholder("x", DType.F32, 2, 3, 7, 8);
    Attributes.Builder given =
        attributes()
            .put("pool_size", numbers(size))
            .put("strides", numbers(strides))
            .put("padding", numbers(padding))
            .put("dilation", numbers(dilation))
            .put("ceil_mode", ceil);
    if (includePad) {
      given.put("count_include_pad", true);
    }
    Attributes attributes = given.build();
    Type result = pool.infer(List.of(typeOf(data)), attributes);
    List<Operator.Strategy> strategies = pool.strategies(List.of(data), attributes, result);
    assertEquals(
        List.of("direct", "separable"), strategies.stream().map(Operator.Strategy::name).toList());
    NDArray mixed = counting(2, 3, 7, 8);
    for (long i = 0; i < mixed.elements(); i++) {
      mixed.setDouble(i, i * 37 % 101 - 50);
    }
    List<double[]> results =
        strategies.stream()
            .map(s -> s.algorithm().compute(List.of(data), attributes, result))
            .map(out -> values(TensorEvaluator.evaluate(out, Map.of(data, mixed)).getFirst()))
            .toList();
    assertArrayEquals(results.get(0), results.get(1), 1e-5);
  }

  private static List<Long> numbers(String text) {
    return Arrays.stream(text.split(" ")).map(Long::valueOf).toList();
  }

  @Test
  void nearestEnlargementByAWholeFactorRepeats() {
    NDArray result =
        call(
            "image.resize",
            attributes()
                .put("sizes", List.of(4L))
                .put("coordinate_transformation_mode", "asymmetric")
                .put("nearest_mode", "floor")
                .build(),
            floats(List.of(2), 1, 2));
    assertArrayEquals(new double[] {1, 1, 2, 2}, values(result));
  }
}
