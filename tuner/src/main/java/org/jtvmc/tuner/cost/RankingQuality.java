package org.jtvmc.tuner.cost;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How well scores predict the speed of programs, averaged over kernels (the measures of TenSet,
 * Zheng et al., NeurIPS 2021). A program's throughput is relative to the best of its kernel.
 *
 * @param rmse root of the mean square difference between score and throughput, over all programs
 * @param r2 the part of the throughputs' variance that the scores explain, over all programs
 * @param pairwise the part of the pairs of one kernel whose order the scores have right
 * @param recall the part of a kernel's {@link #TOP} fastest programs that are among the {@link
 *     #TOP} with the highest scores
 * @param peak1 the throughput of the program with the highest score
 * @param peak5 the best throughput among the five programs with the highest scores
 * @param kernels how many kernels there were
 */
public record RankingQuality(
    double rmse,
    double r2,
    double pairwise,
    double recall,
    double peak1,
    double peak5,
    int kernels) {

  /** How many programs count as the fastest. */
  public static final int TOP = 10;

  /** The programs of one kernel. */
  public static final class Ranked {
    private final double[] throughputs;
    private final double[] scores;

    /** Takes both over. */
    public Ranked(double[] throughputs, double[] scores) {
      if (throughputs.length != scores.length || scores.length == 0) {
        throw new IllegalArgumentException(
            "%d throughputs and %d scores".formatted(throughputs.length, scores.length));
      }
      this.throughputs = throughputs;
      this.scores = scores;
    }

    private List<Integer> sortedBy(double[] values) {
      return IntStream.range(0, values.length)
          .boxed()
          .sorted(Comparator.comparingDouble((Integer k) -> values[k]).reversed())
          .toList();
    }

    private double peak(int count) {
      return sortedBy(scores).stream()
          .limit(count)
          .mapToDouble(k -> throughputs[k])
          .max()
          .orElseThrow();
    }

    private double recall() {
      int top = Math.min(TOP, scores.length);
      List<Integer> fastest = new ArrayList<>(sortedBy(throughputs).subList(0, top));
      fastest.retainAll(sortedBy(scores).subList(0, top));
      return (double) fastest.size() / top;
    }

    private double pairwise() {
      double right = 0;
      int pairs = 0;
      for (int a = 0; a < scores.length; a++) {
        for (int b = 0; b < a; b++) {
          double truth = Math.signum(throughputs[a] - throughputs[b]);
          if (truth != 0) {
            pairs++;
            double said = Math.signum(scores[a] - scores[b]);
            right += said == truth ? 1 : said == 0 ? 0.5 : 0;
          }
        }
      }
      return pairs == 0 ? 1 : right / pairs;
    }
  }

  /** The quality over some kernels, of which there is at least one. */
  public static RankingQuality of(List<Ranked> kernels) {
    double squares = 0;
    double sum = 0;
    double sumOfSquares = 0;
    int programs = 0;
    for (Ranked kernel : kernels) {
      for (int k = 0; k < kernel.scores.length; k++) {
        double throughput = kernel.throughputs[k];
        squares += (kernel.scores[k] - throughput) * (kernel.scores[k] - throughput);
        sum += throughput;
        sumOfSquares += throughput * throughput;
        programs++;
      }
    }
    double variance = sumOfSquares - sum * sum / programs;
    return new RankingQuality(
        Math.sqrt(squares / programs),
        1 - squares / variance,
        kernels.stream().mapToDouble(Ranked::pairwise).average().orElseThrow(),
        kernels.stream().mapToDouble(Ranked::recall).average().orElseThrow(),
        kernels.stream().mapToDouble(k -> k.peak(1)).average().orElseThrow(),
        kernels.stream().mapToDouble(k -> k.peak(5)).average().orElseThrow(),
        kernels.size());
  }

  @Override
  public String toString() {
    return "RMSE %.3f, R2 %.3f, pairwise %.3f, recall@%d %.3f, peak@1 %.3f, peak@5 %.3f (%d kernels)"
        .formatted(rmse, r2, pairwise, TOP, recall, peak1, peak5, kernels);
  }
}
