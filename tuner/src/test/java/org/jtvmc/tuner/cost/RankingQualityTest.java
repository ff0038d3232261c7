package org.jtvmc.tuner.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class RankingQualityTest {
  private static final double[] THROUGHPUTS = {1, 0.8, 0.5, 0.1};

  @Test
  void scoresThatAreTheThroughputsArePerfect() {
    RankingQuality quality =
        RankingQuality.of(
            List.of(new RankingQuality.Ranked(THROUGHPUTS.clone(), THROUGHPUTS.clone())));
    assertEquals(new RankingQuality(0, 1, 1, 1, 1, 1, 1), quality);
  }

  @Test
  void oneSwappedPairIsOneOfSix() {
    double[] scores = {0.8, 1, 0.5, 0.1};
    RankingQuality quality =
        RankingQuality.of(List.of(new RankingQuality.Ranked(THROUGHPUTS.clone(), scores)));
    assertEquals(5.0 / 6, quality.pairwise(), 1e-12);
    assertEquals(0.8, quality.peak1(), 1e-12);
    assertEquals(1, quality.peak5(), 1e-12);
    // Two errors of 0.2 in four programs.
    assertEquals(Math.sqrt(0.08 / 4), quality.rmse(), 1e-12);
  }

  @Test
  void equalScoresAreAGuess() {
    RankingQuality quality =
        RankingQuality.of(List.of(new RankingQuality.Ranked(THROUGHPUTS.clone(), new double[4])));
    assertEquals(0.5, quality.pairwise(), 1e-12);
  }

  @Test
  void everyProgramHasAScore() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new RankingQuality.Ranked(THROUGHPUTS.clone(), new double[3]));
  }
}
