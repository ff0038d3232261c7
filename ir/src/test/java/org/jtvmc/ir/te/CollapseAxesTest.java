package org.jtvmc.ir.te;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CollapseAxesTest {
  private static final Attributes NONE = Attributes.NONE;

  private static Tensor input(String name, long... shape) {
    return Tensor.placeholder(name, DType.F32, shape);
  }

  private static TensorType type(Tensor tensor) {
    long[] sizes = tensor.shape().stream().mapToLong(s -> Axis.of("", s).size()).toArray();
    return TensorType.of(tensor.dtype(), sizes);
  }

  private static Tensor call(String name, Attributes attributes, Tensor... inputs) {
    Operator operator = OperatorRegistry.standard().get(name);
    List<Type> types = Arrays.stream(inputs).<Type>map(CollapseAxesTest::type).toList();
    Type result = operator.infer(types, attributes);
    return operator.compute(List.of(inputs), attributes, result).getFirst();
  }

  private static String collapsed(Tensor output) {
    return CollapseAxes.apply(List.of(), List.of(output)).outputs().getFirst().op().toString();
  }

  @Test
  void pointwiseConvolutionWithBiasAndReluIsAMatrixProduct() {
    Tensor conv = call("nn.conv2d", NONE, input("x", 1, 8, 10, 10), input("k", 16, 8, 1, 1));
    Tensor biased = call("nn.bias_add", NONE, conv, input("b", 16));
    Tensor relu = call("nn.relu", NONE, biased);
    Tensor result = CollapseAxes.apply(List.of(), List.of(relu)).outputs().getFirst();
    assertEquals("relu[i1, i2i3] = max(bias_add[i1, i2i3], 0.0f)", result.op().toString());
    Tensor bias = ((ComputeOp) result.op()).inputs().iterator().next();
    assertEquals("bias_add[i1, i2i3] = (conv2d[i1, i2i3] + b[i1])", bias.op().toString());
    Tensor product = ((ComputeOp) bias.op()).inputs().iterator().next();
    assertEquals(
        "conv2d[c, hw] = sum((x[ci, hw] * k[c, ci]), [ci in 0..8])", product.op().toString());
  }

  @Test
  void elementwiseFunctionIsOneLoop() {
    assertEquals(
        "add[i1i2] = (x[i1i2] + y[i1i2])",
        collapsed(call("add", NONE, input("x", 1, 3, 4), input("y", 1, 3, 4))));
  }

  @Test
  void stretchedDimensionsStayApartFromOthers() {
    assertEquals(
        "multiply[i0, i1i2] = (x[i0, i1i2] * y[i0])",
        collapsed(call("multiply", NONE, input("x", 2, 3, 4), input("y", 2, 1, 1))));
  }

  @Test
  void axesOfAWindowStay() {
    Tensor pool =
        call(
            "nn.max_pool",
            Attributes.builder().put("pool_size", List.of(2L, 2L)).build(),
            input("x", 2, 3, 8, 8));
    assertEquals(
        "max_pool[nc, h, w] = max(x[nc, (h + kh), (w + kw)], [kh in 0..2, kw in 0..2])",
        collapsed(pool));
  }

  @Test
  void whatCannotCollapseStaysTheSameObject() {
    Tensor product = call("nn.matmul", NONE, input("a", 4, 5), input("b", 5, 6));
    assertSame(product, CollapseAxes.apply(List.of(), List.of(product)).outputs().getFirst());
  }

  @Test
  void oneDimensionStaysWhereAllAreOfSizeOne() {
    assertEquals("exp[i1] = exp(x[i1])", collapsed(call("exp", NONE, input("x", 1, 1))));
  }

  static Stream<Arguments> calls() {
    Attributes padded = Attributes.builder().put("padding", List.of(1L, 1L, 1L, 1L)).build();
    return Stream.of(
        Arguments.of("nn.conv2d", padded, List.of(input("x", 1, 3, 1, 5), input("k", 4, 3, 3, 3))),
        Arguments.of("nn.conv2d", NONE, List.of(input("x", 2, 3, 4, 5), input("k", 4, 3, 1, 1))),
        Arguments.of("nn.matmul", NONE, List.of(input("a", 2, 3, 4, 5), input("b", 2, 3, 5, 6))),
        Arguments.of("nn.matmul", NONE, List.of(input("a", 2, 3, 4, 5), input("b", 5, 6))),
        Arguments.of("nn.dense", NONE, List.of(input("a", 1, 3, 5), input("b", 6, 5))),
        Arguments.of("nn.softmax", NONE, List.of(input("x", 1, 2, 3, 4))),
        Arguments.of(
            "nn.softmax",
            Attributes.builder().put("axis", 1).build(),
            List.of(input("x", 2, 3, 4, 5))),
        Arguments.of(
            "nn.layer_norm",
            Attributes.builder().put("axis", -2).build(),
            List.of(input("x", 2, 3, 4, 5), input("g", 4, 5), input("b", 5))),
        Arguments.of("nn.global_avg_pool", NONE, List.of(input("x", 1, 3, 4, 5))),
        Arguments.of("mean", NONE, List.of(input("x", 3, 4, 5))),
        Arguments.of(
            "transpose",
            Attributes.builder().put("axes", List.of(0L, 3L, 1L, 2L)).build(),
            List.of(input("x", 2, 3, 4, 5))),
        Arguments.of(
            "reshape",
            Attributes.builder().put("newshape", List.of(2L, 12L, 5L)).build(),
            List.of(input("x", 2, 3, 4, 5))),
        Arguments.of(
            "concatenate",
            Attributes.builder().put("axis", 1).build(),
            List.of(input("x", 2, 3, 4, 5), input("y", 2, 1, 4, 5))),
        Arguments.of("add", NONE, List.of(input("x", 2, 3, 4, 5), input("y", 4, 1))));
  }

  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void theSameElementsInTheSameOrder(String name, Attributes attributes, List<Tensor> inputs) {
    Tensor output = call(name, attributes, inputs.toArray(Tensor[]::new));
    CollapseAxes.Result result = CollapseAxes.apply(inputs, List.of(output));
    Map<Tensor, NDArray> before = new HashMap<>();
    Map<Tensor, NDArray> after = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      NDArray contents = NDArray.allocate(type(inputs.get(i)));
      for (long e = 0; e < contents.elements(); e++) {
        contents.setDouble(e, (e * 7 + i) % 11 - 5);
      }
      before.put(inputs.get(i), contents);
      after.put(result.inputs().get(i), contents.reshape(type(result.inputs().get(i))));
    }
    assertArrayEquals(
        values(TensorEvaluator.evaluate(List.of(output), before)),
        values(TensorEvaluator.evaluate(result.outputs(), after)));
  }

  private static double[] values(List<NDArray> arrays) {
    List<Double> values = new ArrayList<>();
    for (NDArray array : arrays) {
      for (long i = 0; i < array.elements(); i++) {
        values.add(array.getDouble(i));
      }
    }
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
