package org.jtvmc.examples;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.codegen.peak.PeakMeter;
import org.jtvmc.codegen.peak.PeakRun;
import org.jtvmc.compiler.bench.LatencyStatistics;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.schedule.IntrinsicCount;
import org.jtvmc.tuner.task.TuningTask;

/**
 * What bounds a workload on this machine: its operations at the rate of multiply-adds on registers,
 * its bytes at the rate at which one parallel loop reads and writes as many, its exponentials at
 * the rate of those on registers. All are run in turn with the workload, and the roof is the one
 * that takes longest.
 */
final class WorkloadRoofs implements AutoCloseable {

  /**
   * One of them.
   *
   * @param unit of the work, in billions a second
   * @param work of the workload
   * @param run what reaches it
   */
  private record Roof(String unit, double work, PeakRun run) {
    double nanos(LatencyStatistics measured) {
      return work / run.work() * measured.min() * 1e6;
    }
  }

  /**
   * The roof that takes longest.
   *
   * @param ms that the workload takes there
   * @param text its rate, with the unit
   */
  record Bound(double ms, String text) {}

  private final PeakMeter meter;
  private final List<Roof> roofs = new ArrayList<>();
  private final double flop;
  private final double bytes;

  /**
   * @param model loaded, for the sizes of what it reads and writes
   * @param weightBytes what it reads beside its inputs
   */
  WorkloadRoofs(CpuTarget target, List<TuningTask> tasks, ModelRunner model, long weightBytes) {
    meter = new PeakMeter(target, target.cores());
    long read = weightBytes + bytes(model.inputs());
    long written = bytes(model.outputs());
    bytes = (double) read + written;
    flop = tasks.stream().mapToDouble(task -> task.weight() * task.flops()).sum();
    double exponentials =
        tasks.stream()
            .mapToDouble(task -> task.weight() * IntrinsicCount.of(task.dag(), IntrinsicOp.EXP))
            .sum();
    roofs.add(new Roof("GFLOP/s", flop, meter.multiplyAdds()));
    roofs.add(new Roof("GB/s", bytes, meter.moving(read, written)));
    if (exponentials > 0) {
      roofs.add(new Roof("Gexp/s", exponentials, meter.exponentials()));
    }
  }

  private static long bytes(List<TensorInfo> tensors) {
    return tensors.stream().mapToLong(tensor -> tensor.type().bytes()).sum();
  }

  /** Operations of one run of the workload. */
  double flop() {
    return flop;
  }

  /** Bytes that one run reads and writes. */
  double bytes() {
    return bytes;
  }

  /** What is to be run in turn with the workload. */
  List<? extends Runnable> runs() {
    return roofs.stream().map(Roof::run).toList();
  }

  /** The roof, from the times of {@link #runs}. */
  Bound bound(List<LatencyStatistics> measured) {
    List<Bound> bounds = new ArrayList<>();
    for (int i = 0; i < roofs.size(); i++) {
      double nanos = roofs.get(i).nanos(measured.get(i));
      bounds.add(
          new Bound(
              nanos / 1e6, "%.3g %s".formatted(roofs.get(i).work() / nanos, roofs.get(i).unit())));
    }
    return bounds.stream().max(Comparator.comparingDouble(Bound::ms)).orElseThrow();
  }

  @Override
  public void close() {
    roofs.forEach(roof -> roof.run().close());
    meter.close();
  }
}
