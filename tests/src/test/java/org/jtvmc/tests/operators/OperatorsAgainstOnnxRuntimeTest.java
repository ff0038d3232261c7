package org.jtvmc.tests.operators;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OrtException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jtvmc.compiler.onnx.OnnxImporter;
import org.jtvmc.compiler.onnx.OnnxModel;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.interpret.GraphEvaluator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Models of one node, imported and evaluated by their tensor expressions, against ONNX Runtime. The
 * seed of a failure is printed; {@code -Djtvmc.seed=N} tries that one alone.
 */
class OperatorsAgainstOnnxRuntimeTest {
  private static final int TRIALS = Integer.getInteger("jtvmc.trials", 12);

  @ParameterizedTest
  @MethodSource("org.jtvmc.tests.operators.OperatorCase#evaluated")
  void sameResult(OperatorCase operator) {
    Long only = Long.getLong("jtvmc.seed");
    if (only != null) {
      compare(operator, only);
      return;
    }
    for (int trial = 0; trial < TRIALS; trial++) {
      compare(operator, operator.seed(trial));
    }
  }

  private static void compare(OperatorCase operator, long seed) {
    OneNodeModel model = operator.draw().apply(new Draw(seed));
    String what = model + "; seed " + seed;
    ModelProto proto = model.proto();
    List<NDArray> expected;
    try {
      expected = OnnxRuntimeReference.run(proto, model.inputs());
    } catch (OrtException e) {
      throw new AssertionError("ONNX Runtime refuses " + what, e);
    }
    List<NDArray> actual;
    try {
      IRModule module =
          OnnxImporter.standard().load(OnnxModel.of(Path.of(model.operator()), proto), Map.of());
      actual = GraphEvaluator.outputs(module, List.copyOf(model.inputs().values()));
    } catch (RuntimeException e) {
      throw new AssertionError("cannot evaluate " + what, e);
    }
    Closeness.assertAllClose(expected, actual, what);
  }
}
