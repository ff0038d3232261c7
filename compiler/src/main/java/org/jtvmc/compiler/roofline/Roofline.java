package org.jtvmc.compiler.roofline;

import java.util.List;
import org.jtvmc.codegen.peak.MachinePeaks;
import org.jtvmc.codegen.peak.MemoryLevel;
import org.jtvmc.compiler.bench.KernelProfile;
import org.jtvmc.compiler.bench.KernelTraffic;
import org.jtvmc.ir.target.CpuTarget.Caches;

/**
 * A model's kernels under the roof of the machine.
 *
 * <p>A kernel can take no less time than its operations at the multiply-add peak, and no less than
 * its bytes at the bandwidth of the memory they lie in. Activations have just been written: they
 * lie in the nearest level that holds all that the kernel touches. Weights were last read one run
 * ago: they lie in the nearest level that holds all that a run touches.
 *
 * @param single the peaks of one thread
 * @param peaks those of all the threads that the model ran on
 * @param points one for each kernel, the most expensive first
 */
public record Roofline(
    String model, String target, MachinePeaks single, MachinePeaks peaks, List<Point> points) {

  /** What keeps a kernel from being faster than attainable. */
  public enum Bound {
    COMPUTE,
    MEMORY
  }

  /**
   * One kernel.
   *
   * @param attainableMs the time that the roof allows all its calls of one run
   */
  public record Point(KernelProfile.Entry kernel, double attainableMs, Bound bound) {

    /** Operations for each byte that has to be moved. */
    public double intensity() {
      return kernel.traffic().bytes() == 0 ? 0 : kernel.flop() / kernel.traffic().bytes();
    }

    public double attainableGflops() {
      return attainableMs == 0 ? 0 : kernel.flop() / attainableMs / 1e6;
    }

    /** The share of what is attainable that the kernel reaches; 1 at the roof. */
    public double efficiency() {
      return kernel.timeMs() == 0 ? 0 : attainableMs / kernel.timeMs();
    }
  }

  public Roofline {
    points = List.copyOf(points);
  }

  /**
   * Places kernels under the roof.
   *
   * @param workspace bytes of the model's intermediate tensors
   */
  public static Roofline of(
      String model,
      String target,
      Caches caches,
      MachinePeaks single,
      MachinePeaks peaks,
      KernelProfile profile,
      long workspace) {
    long run =
        workspace + profile.entries().stream().mapToLong(e -> e.traffic().weightBytes()).sum();
    MemoryLevel weightLevel = MemoryLevel.holding(run, caches, peaks.threads());
    List<Point> points =
        profile.entries().stream()
            .map(
                entry -> {
                  KernelTraffic traffic = entry.traffic();
                  long touched = traffic.bytes() / Math.max(1, entry.calls());
                  MemoryLevel near = MemoryLevel.holding(touched, caches, peaks.threads());
                  double memory =
                      traffic.activationBytes() / peaks.bandwidth(near)
                          + traffic.weightBytes() / peaks.bandwidth(weightLevel);
                  double compute = entry.flop() / peaks.multiplyAddGflops();
                  return new Point(
                      entry,
                      Math.max(memory, compute) / 1e6,
                      compute >= memory ? Bound.COMPUTE : Bound.MEMORY);
                })
            .toList();
    return new Roofline(model, target, single, peaks, points);
  }

  /** Milliseconds of all kernels together, run one by one. */
  public double timeMs() {
    return points.stream().mapToDouble(point -> point.kernel.timeMs()).sum();
  }

  /** Milliseconds that the roof allows all kernels together. */
  public double attainableMs() {
    return points.stream().mapToDouble(Point::attainableMs).sum();
  }

  /** Floating-point operations of one run. */
  public double flop() {
    return points.stream().mapToDouble(point -> point.kernel.flop()).sum();
  }
}
