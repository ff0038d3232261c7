package org.jtvmc.compiler.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.jtvmc.compiler.verify.OutputComparison.Tolerance;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutputComparisonTest {

  @ParameterizedTest
  @CsvSource({
    "1, 1, true, 0",
    "1.0005, 1, true, 0.0005",
    "1.002, 1, false, 0.002",
    "0.00005, 0, true, 0.00005",
    "0.0002, 0, false, 0.0002",
    "NaN, NaN, true, 0",
    "NaN, 1, false, Infinity",
    "1, NaN, false, Infinity",
    "Infinity, Infinity, true, 0",
    "-Infinity, Infinity, false, Infinity",
    "7, Infinity, false, Infinity",
    "-0.0, 0.0, true, 0",
  })
  void aDifferenceIsAllowedAsFarAsTheTolerancesSay(
      float actual, float expected, boolean ok, double maxAbs) {
    var comparison = OutputComparison.of("x", scalar(actual), scalar(expected), Tolerance.DEFAULT);

    assertEquals(ok, comparison.ok());
    assertEquals(maxAbs, comparison.maxAbs(), 1e-6);
    assertTrue(comparison.maxRel() >= 0);
  }

  private static NDArray scalar(float value) {
    return NDArray.ofFloats(TensorType.of(DType.F32, 1), value);
  }
}
