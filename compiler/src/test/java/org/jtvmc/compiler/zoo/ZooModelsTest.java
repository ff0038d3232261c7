package org.jtvmc.compiler.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jtvmc.compiler.onnx.OnnxModel;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every model of the zoo, judged by ONNX Runtime. Uses the user's cache, and the network where it
 * is cold.
 */
@Execution(ExecutionMode.SAME_THREAD)
class ZooModelsTest {

  private static final ModelZoo ZOO = ModelZoo.ofUser();
  private static final long SEED = 7;

  static Stream<String> names() {
    return ZOO.models().stream().map(ZooModel::name);
  }

  @ParameterizedTest
  @MethodSource("names")
  void givesFiniteOutputsThatDependOnTheInput(String name) throws OrtException {
    var model = ZOO.find(name);
    var environment = OrtEnvironment.getEnvironment();
    try (var session = environment.createSession(ZOO.file(model).toString())) {
      var random = new Random(SEED);
      var first = run(environment, session, model, random);
      var second = run(environment, session, model, random);
      first.forEach((output, values) -> check(output, values, second.get(output)));
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void namesItsInputsAsTheFileDoes(String name) {
    var model = ZOO.find(name);
    var file = OnnxModel.read(ZOO.file(model));

    assertEquals(
        file.inputs().stream().map(input -> input.getName()).toList(),
        model.inputs().stream().map(ZooModel.InputShape::input).toList());
  }

  private static void check(String output, float[] values, float[] others) {
    double sum = 0;
    double squares = 0;
    double difference = 0;
    for (int i = 0; i < values.length; i++) {
      assertTrue(Float.isFinite(values[i]), () -> output + " is not finite; seed " + SEED);
      sum += values[i];
      squares += (double) values[i] * values[i];
      difference += Math.pow((double) values[i] - others[i], 2);
    }
    double variance = squares / values.length - Math.pow(sum / values.length, 2);
    assertTrue(squares / values.length < 100, () -> output + " explodes; seed " + SEED);
    assertTrue(variance > 0, () -> output + " is constant; seed " + SEED);
    // On noise, a trained recogniser rightly says "nothing" twice, with small differences.
    double apart = difference / values.length;
    assertTrue(apart > 1e-4 * variance, () -> output + " ignores the input; seed " + SEED);
  }

  private static Map<String, float[]> run(
      OrtEnvironment environment, OrtSession session, ZooModel model, Random random)
      throws OrtException {
    var inputs = new HashMap<String, OnnxTensor>();
    try {
      for (var input : model.inputs()) {
        var info = (TensorInfo) session.getInputInfo().get(input.input()).getInfo();
        inputs.put(input.input(), tensor(environment, input.shape(), info.type, random));
      }
      assertEquals(new HashSet<>(session.getInputNames()), inputs.keySet());
      var outputs = new HashMap<String, float[]>();
      try (var result = session.run(inputs)) {
        for (var entry : result) {
          var values = ((OnnxTensor) entry.getValue()).getFloatBuffer();
          var copy = new float[values.remaining()];
          values.get(copy);
          outputs.put(entry.getKey(), copy);
        }
      }
      return outputs;
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  private static OnnxTensor tensor(
      OrtEnvironment environment, List<Long> shape, OnnxJavaType type, Random random)
      throws OrtException {
    var dims = shape.stream().mapToLong(Long::longValue).toArray();
    int count = Math.toIntExact(shape.stream().reduce(1L, Math::multiplyExact));
    if (type == OnnxJavaType.FLOAT) {
      var values = FloatBuffer.allocate(count);
      while (values.hasRemaining()) {
        values.put((float) random.nextGaussian());
      }
      return OnnxTensor.createTensor(environment, values.flip(), dims);
    }
    var values = LongBuffer.allocate(count);
    while (values.hasRemaining()) {
      values.put(random.nextInt(2));
    }
    return OnnxTensor.createTensor(environment, values.flip(), dims);
  }
}
