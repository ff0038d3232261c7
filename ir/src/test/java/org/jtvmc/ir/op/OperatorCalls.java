package org.jtvmc.ir.op;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** Short ways to write tensors and to call operators in tests. */
final class OperatorCalls {

  private OperatorCalls() {}

  static TensorType type(DType dtype, Object... dims) {
    return new TensorType(
        Arrays.stream(dims)
            .map(d -> d instanceof String s ? Dim.of(s) : Dim.of(((Number) d).longValue()))
            .toList(),
        dtype);
  }

  static NDArray array(DType dtype, List<Integer> shape, double... values) {
    long[] sizes = shape.stream().mapToLong(i -> i).toArray();
    NDArray array = NDArray.allocate(TensorType.of(dtype, sizes));
    for (int i = 0; i < values.length; i++) {
      array.setDouble(i, values[i]);
    }
    return array;
  }

  static NDArray floats(List<Integer> shape, double... values) {
    return array(DType.F32, shape, values);
  }

  /** 0, 1, 2, ... */
  static NDArray counting(Integer... shape) {
    int count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    double[] values = new double[count];
    Arrays.setAll(values, i -> i);
    return floats(List.of(shape), values);
  }

  static Type infer(String operator, Attributes attributes, Type... arguments) {
    return OperatorRegistry.standard().get(operator).infer(List.of(arguments), attributes);
  }

  static NDArray call(String name, Attributes attributes, NDArray... inputs) {
    Operator operator = OperatorRegistry.standard().get(name);
    List<Type> types = new ArrayList<>();
    for (NDArray input : inputs) {
      types.add(input.type());
    }
    Type result = operator.infer(types, attributes);
    NDArray value = TensorEvaluator.apply(operator, List.of(inputs), attributes, result).getFirst();
    if (!value.type().equals(result)) {
      throw new AssertionError("computed " + value.type() + ", inferred " + result);
    }
    return value;
  }

  static double[] values(NDArray array) {
    double[] values = new double[(int) array.elements()];
    Arrays.setAll(values, array::getDouble);
    return values;
  }
}
