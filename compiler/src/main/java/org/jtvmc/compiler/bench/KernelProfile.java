package org.jtvmc.compiler.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jtvmc.compiler.pipeline.CompiledModel;
import org.jtvmc.compiler.pipeline.KernelBuild;
import org.jtvmc.compiler.run.StepwiseModel;

/** Where a model's time goes: its kernels, the most expensive first. */
public record KernelProfile(List<Entry> entries) {

  /**
   * One kernel. Times, operations and bytes are those of all its calls in one run together.
   *
   * @param operators the model's nodes that its first call stands for
   * @param calls how often one run calls it
   * @param flop floating-point operations
   * @param traffic the bytes that it has to move at least
   * @param share of the time of all kernels
   */
  public record Entry(
      String kernel,
      String operators,
      int calls,
      double timeMs,
      double flop,
      KernelTraffic traffic,
      double share) {

    /** Billions of floating-point operations a second. */
    public double gflops() {
      return timeMs == 0 ? 0 : flop / timeMs / 1e6;
    }

    /** Billions of bytes a second. */
    public double gbS() {
      return timeMs == 0 ? 0 : traffic.bytes() / timeMs / 1e6;
    }
  }

  public KernelProfile {
    entries = List.copyOf(entries);
  }

  /**
   * Measures a model, kernel after kernel as in a run, so that each finds the caches as it does
   * there. The time of a call is the median of its rounds.
   */
  public static KernelProfile measure(CompiledModel model, StepwiseModel steps, int rounds) {
    double[][] times = new double[steps.steps()][rounds];
    for (int round = -1; round < rounds; round++) {
      for (int step = 0; step < steps.steps(); step++) {
        double time = steps.time(step);
        if (round >= 0) {
          times[step][round] = time;
        }
      }
    }
    double[] medians = Arrays.stream(times).mapToDouble(KernelProfile::median).toArray();
    double total = Arrays.stream(medians).sum();
    List<Entry> entries = new ArrayList<>();
    for (int k = 0; k < model.kernels().size(); k++) {
      int kernel = k;
      int[] calls =
          IntStream.range(0, steps.steps())
              .filter(step -> model.useKernels().get(step) == kernel)
              .toArray();
      KernelBuild build = model.kernels().get(k);
      double nanos = Arrays.stream(calls).mapToDouble(step -> medians[step]).sum();
      entries.add(
          new Entry(
              build.name(),
              calls.length == 0 ? "" : model.plan().uses().get(calls[0]).label(),
              calls.length,
              nanos / 1e6,
              build.dag().canonical().flops() * calls.length,
              traffic(model, build, calls),
              total == 0 ? 0 : nanos / total));
    }
    entries.sort(Comparator.comparingDouble(Entry::timeMs).reversed());
    return new KernelProfile(entries);
  }

  private static KernelTraffic traffic(CompiledModel model, KernelBuild build, int[] calls) {
    long activations = 0;
    long weights = 0;
    for (int call : calls) {
      KernelTraffic one = KernelTraffic.of(model.plan().uses().get(call), build.dag());
      activations += one.activationBytes();
      weights += one.weightBytes();
    }
    return new KernelTraffic(activations, weights);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
