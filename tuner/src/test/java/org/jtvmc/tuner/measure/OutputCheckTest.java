package org.jtvmc.tuner.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Optional;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Outputs in float32, which are compared some thousand at a time. */
class OutputCheckTest {
  /** Three pieces, the last of which is not full. */
  private static final int SIZE = 2 * 4096 + 37;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4095, 4096, 4097, 8191, 8192, SIZE - 1})
  void oneWrongElementIsFoundWhereverItIs(int index) {
    float[] have = ones(SIZE);
    have[index] = 1.5f;
    assertEquals("element " + index + " is 1.5 and must be 1.0", difference(ones(SIZE), have));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4095, 4096, 4097, SIZE})
  void outputsOfAllLengthsAreComparedToTheirEnd(int length) {
    float[] close = ones(length);
    Arrays.fill(close, 1.0005f);
    assertEquals("", difference(ones(length), close));
    close[length - 1] = -1;
    assertEquals(
        "element " + (length - 1) + " is -1.0 and must be 1.0", difference(ones(length), close));
  }

  @Test
  void theFirstOfSeveralDifferencesIsReported() {
    float[] have = ones(SIZE);
    have[5000] = 2;
    have[8000] = 3;
    assertEquals("element 5000 is 2.0 and must be 1.0", difference(ones(SIZE), have));
  }

  @Test
  void notANumberIsRightOnlyWhereItIsExpected() {
    float[] want = ones(5);
    want[2] = Float.NaN;
    float[] have = want.clone();
    have[0] = 1.0001f;
    assertEquals("", difference(want, have));
    have[2] = 1;
    assertEquals("element 2 is 1.0 and must be NaN", difference(want, have));
    have[2] = Float.NaN;
    have[4] = Float.NaN;
    assertEquals("element 4 is NaN and must be 1.0", difference(want, have));
  }

  @Test
  void infinityIsRightOnlyWhereItIsExpectedAndWithItsSign() {
    float[] want = ones(5);
    want[1] = Float.POSITIVE_INFINITY;
    float[] have = want.clone();
    have[0] = 1.0001f;
    assertEquals("", difference(want, have));
    have[3] = Float.NEGATIVE_INFINITY;
    assertEquals("element 3 is -Infinity and must be 1.0", difference(want, have));
  }

  @Test
  void whereInfinityIsExpectedNothingElseIsRight() {
    float[] want = ones(3);
    want[1] = Float.POSITIVE_INFINITY;
    for (float other : new float[] {1, Float.MAX_VALUE, Float.NEGATIVE_INFINITY, Float.NaN}) {
      float[] have = want.clone();
      have[1] = other;
      assertEquals("element 1 is " + (double) other, difference(want, have).split(" and ")[0]);
    }
  }

  @Test
  void aPoisonedElementShows() {
    NDArray output = array(ones(SIZE));
    OutputCheck.poison(output);
    Optional<String> wrong = new OutputCheck(array(ones(SIZE)), false).difference(output);
    assertTrue(wrong.orElse("").startsWith("element 0 is NaN"), wrong::toString);
  }

  /** What is wrong; nothing where all is right. */
  private static String difference(float[] want, float[] have) {
    return new OutputCheck(array(want), false).difference(array(have)).orElse("");
  }

  private static NDArray array(float[] values) {
    return NDArray.ofFloats(TensorType.of(DType.F32, values.length), values);
  }

  private static float[] ones(int length) {
    float[] values = new float[length];
    Arrays.fill(values, 1);
    return values;
  }
}
