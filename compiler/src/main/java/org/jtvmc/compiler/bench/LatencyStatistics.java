package org.jtvmc.compiler.bench;

import java.util.Arrays;

/** Latencies of one kind, in milliseconds. Percentiles are nearest ranks. */
public record LatencyStatistics(
    int samples, double min, double median, double mean, double p90, double p99, double max) {

  /**
   * The statistics of at least one sample.
   *
   * @param nanoseconds in any order
   */
  public static LatencyStatistics of(long[] nanoseconds) {
    if (nanoseconds.length == 0) {
      throw new IllegalArgumentException("there are no samples");
    }
    double[] sorted = Arrays.stream(nanoseconds).sorted().mapToDouble(ns -> ns / 1e6).toArray();
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new LatencyStatistics(
        sorted.length,
        sorted[0],
        median,
        Arrays.stream(sorted).average().orElseThrow(),
        rank(sorted, 0.90),
        rank(sorted, 0.99),
        sorted[sorted.length - 1]);
  }

  private static double rank(double[] sorted, double share) {
    int rank = (int) Math.ceil(share * sorted.length);
    return sorted[Math.clamp(rank - 1, 0, sorted.length - 1)];
  }
}
