package org.jtvmc.compiler.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LatencyStatisticsTest {

  @Test
  void percentilesAreNearestRanks() {
    var statistics =
        LatencyStatistics.of(
            LongStream.rangeClosed(1, 100).map(i -> (101 - i) * 1_000_000).toArray());

    assertEquals(new LatencyStatistics(100, 1, 50.5, 50.5, 90, 99, 100), statistics);
  }

  @Test
  void oneSampleIsEveryStatistic() {
    assertEquals(
        new LatencyStatistics(1, 2, 2, 2, 2, 2, 2), LatencyStatistics.of(new long[] {2_000_000}));
  }
}
