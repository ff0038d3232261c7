package org.jtvmc.compiler.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/** A model of one node with random attributes and inputs, under construction. */
final class RandomNode {

  final OnnxBuilder model;
  private final Random random;
  private final Map<String, NDArray> inputs = new LinkedHashMap<>();
  private final List<ValueInfoProto> outputs = new ArrayList<>();
  private int weights;

  RandomNode(int opset, Random random) {
    this.model = new OnnxBuilder("case", opset);
    this.random = random;
  }

  Map<String, NDArray> inputs() {
    return inputs;
  }

  /** The model with its outputs' types declared, and their shapes left to inference. */
  ModelProto build() {
    var proto = model.build().toBuilder();
    outputs.forEach(output -> proto.getGraphBuilder().addOutput(output));
    return proto.build();
  }

  int between(int least, int most) {
    return least + random.nextInt(most - least + 1);
  }

  boolean coin() {
    return random.nextBoolean();
  }

  @SafeVarargs
  final <T> T oneOf(T... choices) {
    return choices[random.nextInt(choices.length)];
  }

  /** A shape of sizes up to 5. */
  long[] shape(int rank) {
    return LongStream.range(0, rank).map(i -> between(1, 5)).toArray();
  }

  /** Some numbers in a range. */
  long[] numbers(int count, int least, int most) {
    return LongStream.range(0, count).map(i -> between(least, most)).toArray();
  }

  /** An axis of that many dimensions, from the start or the end. */
  int axis(int rank) {
    return between(-rank, rank - 1);
  }

  long[] permutation(int rank) {
    var axes = new ArrayList<>(LongStream.range(0, rank).boxed().toList());
    Collections.shuffle(axes, random);
    return axes.stream().mapToLong(Long::longValue).toArray();
  }

  /** Different axes, in order. */
  long[] someAxes(int rank, int count) {
    return Arrays.stream(permutation(rank)).limit(count).sorted().toArray();
  }

  /** An input of reals between -2 and 2. */
  String data(long... shape) {
    return data(-2, 2, shape);
  }

  String data(double low, double high, long... shape) {
    var array = NDArray.allocate(TensorType.of(DType.F32, shape));
    for (long i = 0; i < array.elements(); i++) {
      array.setDouble(i, low + (high - low) * random.nextDouble());
    }
    return add(array, DataType.FLOAT, shape);
  }

  /** An input of integers. */
  String integers(DType dtype, int least, int most, long... shape) {
    var array = NDArray.allocate(TensorType.of(dtype, shape));
    for (long i = 0; i < array.elements(); i++) {
      array.setLong(i, between(least, most));
    }
    var type =
        dtype.isBool() ? DataType.BOOL : dtype.bits() == 32 ? DataType.INT32 : DataType.INT64;
    return add(array, type, shape);
  }

  private String add(NDArray array, DataType type, long... shape) {
    var name = model.input("x" + inputs.size(), type, shape);
    inputs.put(name, array);
    return name;
  }

  /** A weight of reals between -1 and 1. */
  String weight(long... shape) {
    var values = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
    for (int i = 0; i < values.length; i++) {
      values[i] = 2 * random.nextFloat() - 1;
    }
    return model.initializer("w" + weights++, shape, values);
  }

  /** A weight of positive reals. */
  String positive(long... shape) {
    var values = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
    for (int i = 0; i < values.length; i++) {
      values[i] = 0.5f + random.nextFloat();
    }
    return model.initializer("w" + weights++, shape, values);
  }

  /** Known integers. */
  String constant(long... values) {
    return model.initializer("w" + weights++, new long[] {values.length}, values);
  }

  String scalar(float value) {
    return model.initializer("w" + weights++, new long[] {}, value);
  }

  void output(String name) {
    output(name, DataType.FLOAT);
  }

  void output(String name, DataType type) {
    outputs.add(
        ValueInfoProto.newBuilder()
            .setName(name)
            .setType(
                TypeProto.newBuilder()
                    .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type.getNumber())))
            .build());
  }
}
