package org.jtvmc.tests.operators;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OrtException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jtvmc.compiler.onnx.OnnxImporter;
import org.jtvmc.compiler.onnx.OnnxModel;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.interpret.GraphEvaluator;
import org.jtvmc.ir.type.DType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Models of one node, imported and evaluated by their tensor expressions, against ONNX Runtime. The
 * seed of a failure is printed; {@code -Djtvmc.seed=N} tries that one alone.
 */
class OperatorsAgainstOnnxRuntimeTest {
  private static final int TRIALS = Integer.getInteger("jtvmc.trials", 12);

  static Stream<OperatorCase> cases() {
    return Stream.of(
            ElementwiseCases.all(),
            WindowCases.all(),
            ProductCases.all(),
            NormalizationCases.all(),
            ReductionCases.all(),
            ShapeCases.all(),
            IndexingCases.all(),
            ResizeCases.all(),
            QuantizationCases.all())
        .flatMap(List::stream);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void sameResult(OperatorCase operator) {
    Long only = Long.getLong("jtvmc.seed");
    if (only != null) {
      compare(operator, only);
      return;
    }
    for (int trial = 0; trial < TRIALS; trial++) {
      compare(operator, 31L * operator.name().hashCode() + trial);
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
      actual =
          new GraphEvaluator(module).evaluate(module.main(), List.copyOf(model.inputs().values()));
    } catch (RuntimeException e) {
      throw new AssertionError("cannot evaluate " + what, e);
    }
    assertEquals(expected.size(), actual.size(), what);
    for (int i = 0; i < expected.size(); i++) {
      assertClose(expected.get(i), actual.get(i), what);
    }
  }

  private static void assertClose(NDArray expected, NDArray actual, String what) {
    assertEquals(expected.type(), actual.type(), what);
    DType dtype = expected.dtype();
    for (long i = 0; i < expected.elements(); i++) {
      boolean close =
          dtype.isFloat()
              ? close(dtype, expected.getDouble(i), actual.getDouble(i))
              : expected.getLong(i) == actual.getLong(i);
      if (!close) {
        fail(
            "%s: element %d of %s is %s, not %s"
                .formatted(what, i, expected.type(), actual.getDouble(i), expected.getDouble(i)));
      }
    }
  }

  /** Equal up to the order of sums and the last places of functions. */
  private static boolean close(DType dtype, double expected, double actual) {
    if (Double.isNaN(expected) || Double.isInfinite(expected)) {
      return Double.compare(expected, actual) == 0;
    }
    double tolerance = dtype.bits() >= 32 ? 2e-5 : 4e-3;
    return Math.abs(expected - actual) <= tolerance * (1 + Math.abs(expected));
  }
}
