package org.jtvmc.compiler.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OrtException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.interpret.GraphEvaluator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random nodes of each operator: the imported graph, computed by the reference evaluator, gives
 * what ONNX Runtime gives. {@code -Djtvmc.seed=N} draws other nodes, {@code -Djtvmc.cases=N} more.
 */
class OperatorsAgainstOnnxRuntimeTest {

  private static final long SEED = Long.getLong("jtvmc.seed", 1);
  private static final int CASES = Integer.getInteger("jtvmc.cases", 20);
  private static final int OPSET = 17;

  static Stream<String> operators() {
    return RandomOperators.all().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("operators")
  void givesWhatOnnxRuntimeGives(String operator) {
    var draw = RandomOperators.all().get(operator);
    int compared = 0;
    for (long seed = SEED; compared < CASES; seed++) {
      compared += compare(operator, draw, seed) ? 1 : 0;
      if (seed > SEED + 10L * CASES) {
        fail("ONNX Runtime refuses nearly all nodes drawn for " + operator);
      }
    }
  }

  /** Whether the two could be compared: some nodes drawn are none that ONNX Runtime takes. */
  private static boolean compare(String operator, Consumer<RandomNode> draw, long seed) {
    var node = new RandomNode(OPSET, new Random(31 * seed + operator.hashCode()));
    draw.accept(node);
    var model = node.build();
    List<NDArray> expected;
    try {
      expected = RuntimePeer.run(model, node.inputs());
    } catch (OrtException e) {
      return false;
    }
    try {
      check(model, node.inputs(), expected);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(
          "%s, -Djtvmc.seed=%d: %s%n%s"
              .formatted(operator, seed, e.getMessage(), describe(model, node.inputs())),
          e);
    }
    return true;
  }

  private static void check(ModelProto model, Map<String, NDArray> inputs, List<NDArray> expected) {
    var module = OnnxImporter.standard().load(OnnxModel.of(Path.of("case.onnx"), model), Map.of());
    var arguments = module.main().parameters().stream().map(p -> inputs.get(p.name())).toList();
    var actual = new GraphEvaluator(module).evaluate(module.main(), arguments);
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < actual.size(); i++) {
      compare(expected.get(i), actual.get(i));
    }
  }

  private static void compare(NDArray expected, NDArray actual) {
    assertEquals(expected.type(), actual.type());
    for (long i = 0; i < expected.elements(); i++) {
      double e = expected.getDouble(i);
      double a = actual.getDouble(i);
      boolean both = Double.isNaN(e) && Double.isNaN(a);
      if (e != a && !both && !(Math.abs(e - a) <= 1e-5 + 1e-4 * Math.abs(e))) {
        fail("element %d is %s, not %s".formatted(i, a, e));
      }
    }
  }

  private static String describe(ModelProto model, Map<String, NDArray> inputs) {
    return "inputs %s%n%s".formatted(inputs, model.getGraph().getNodeList());
  }
}
