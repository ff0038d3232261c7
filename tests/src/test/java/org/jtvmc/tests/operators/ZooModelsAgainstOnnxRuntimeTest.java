package org.jtvmc.tests.operators;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.compiler.onnx.OnnxImporter;
import org.jtvmc.compiler.onnx.OnnxModel;
import org.jtvmc.compiler.zoo.ModelZoo;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.interpret.GraphEvaluator;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whole published models on small inputs, evaluated by their tensor expressions without any pass,
 * against ONNX Runtime. Uses the user's cache, and the network where it is cold.
 */
class ZooModelsAgainstOnnxRuntimeTest {
  private static final ModelZoo ZOO = ModelZoo.ofUser();

  /** The images are as small as the architectures bear. */
  @ParameterizedTest
  @CsvSource({
    "minilm, 1x8",
    "ppocr-det, 1x3x32x32",
    "ppocr-rec, 1x3x48x32",
    "ppocr-cls, 1x3x48x64",
    "ppocr-det-v4, 1x3x32x32",
    "ppocr-rec-v4, 1x3x48x32"
  })
  void sameResult(String name, String shape) throws OrtException {
    OnnxModel model = OnnxModel.read(ZOO.file(ZOO.find(name)));
    List<Long> sizes = List.of(shape.split("x")).stream().map(Long::valueOf).toList();
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    model.inputs().forEach(input -> shapes.put(input.getName(), sizes));
    IRModule module = OnnxImporter.standard().load(model, shapes);
    Draw draw = new Draw(name.hashCode());
    Map<String, NDArray> inputs = new LinkedHashMap<>();
    for (Var parameter : module.main().parameters()) {
      TensorType type = (TensorType) parameter.type();
      long[] dims = type.sizes().stream().mapToLong(Long::longValue).toArray();
      inputs.put(
          parameter.name(),
          type.dtype().isFloat()
              ? draw.reals(DType.F32, -1, 1, dims)
              : draw.integers(type.dtype(), 0, 1, dims));
    }
    List<NDArray> expected = OnnxRuntimeReference.run(model.proto(), inputs);
    List<NDArray> actual =
        new GraphEvaluator(module).evaluate(module.main(), List.copyOf(inputs.values()));
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      assertClose(expected.get(i), actual.get(i));
    }
  }

  private static void assertClose(NDArray expected, NDArray actual) {
    assertEquals(expected.type(), actual.type());
    for (long i = 0; i < expected.elements(); i++) {
      double wanted = expected.getDouble(i);
      double difference = Math.abs(wanted - actual.getDouble(i));
      long element = i;
      assertTrue(
          difference <= 1e-4 + 1e-3 * Math.abs(wanted),
          () -> "element %d is %s, not %s".formatted(element, actual.getDouble(element), wanted));
    }
  }
}
