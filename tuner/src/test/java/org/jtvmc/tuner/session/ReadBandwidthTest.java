package org.jtvmc.tuner.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadBandwidthTest {
  private final List<Long> measured = new ArrayList<>();

  /** The fewer bytes the faster, as where caches hold them. */
  private final ReadBandwidth reading =
      new ReadBandwidth(
          bytes -> {
            measured.add(bytes);
            return 1e9 / bytes;
          });

  @Test
  void aPowerOfTwoIsMeasuredItself() {
    for (int power = 0; power < 62; power++) {
      reading.gigabytesPerSecond(1L << power);
      assertEquals(1L << power, measured.getLast());
    }
  }

  @Test
  void nearSizesAreMeasuredOnceAndNoneSeemsSlowerThanItIs() {
    for (long bytes = 1 << 20; bytes < 1 << 21; bytes += 4096) {
      double bandwidth = reading.gigabytesPerSecond(bytes);
      assertTrue(bandwidth >= 1e9 / bytes && bandwidth < 1.5e9 / bytes);
    }
    assertEquals(List.of(1L << 20, 1_482_910L), measured);
  }
}
