package org.jtvmc.ir.type;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TensorFloatTest {

  /** Of the two neighbours with a mantissa of 10 bits, the nearer one. */
  @Test
  void roundsToTheNearest() {
    Random random = new Random(3);
    for (int i = 0; i < 100_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (!Float.isFinite(value) || Math.abs(value) > 3e38f) {
        continue;
      }
      float below = Float.intBitsToFloat(Float.floatToRawIntBits(value) & 0xffffe000);
      float above = Float.intBitsToFloat(Float.floatToRawIntBits(below) + 0x2000);
      int nearer = distance(value, below).compareTo(distance(value, above));
      float rounded = TensorFloat.round(value);
      assertTrue(rounded == below || rounded == above, value + " became " + rounded);
      if (nearer != 0) {
        assertEquals(nearer < 0 ? below : above, rounded, "of " + value);
      }
    }
  }

  private static BigDecimal distance(float a, float b) {
    return new BigDecimal(a).subtract(new BigDecimal(b)).abs();
  }

  @Test
  void tiesGoToEven() {
    assertEquals(1f, TensorFloat.round(1 + 0x1p-11f));
    assertEquals(1 + 0x1p-9f, TensorFloat.round(1 + 3 * 0x1p-11f));
    assertEquals(Float.POSITIVE_INFINITY, TensorFloat.round(Float.MAX_VALUE));
    assertTrue(Float.isNaN(TensorFloat.round(Float.intBitsToFloat(0x7f800001))));
  }
}
