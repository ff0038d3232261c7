package org.jtvmc.tuner.session;

import java.util.HashMap;
import java.util.Map;
import org.jtvmc.codegen.peak.PeakMeter;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.schedule.LeastTraffic;
import org.jtvmc.tuner.task.TuningTask;

/**
 * What no schedule of a task can beat on this machine: every operation is done, and every byte that
 * it needs is read. Peaks are measured when they are first asked for, in milliseconds.
 */
final class MachineBound implements AutoCloseable {
  /** Reading less than this takes no time that matters. */
  private static final long LEAST_READ_BYTES = 1 << 16;

  private final PeakMeter meter;
  private final double peakGflops;
  private final ReadBandwidth reading;
  private final Map<String, Double> known = new HashMap<>();

  MachineBound(CpuTarget target) {
    meter = new PeakMeter(target, target.cores());
    peakGflops = meter.multiplyAddGflops();
    reading = new ReadBandwidth(meter::readGigabytesPerSecond);
  }

  /** The least time of a task, in milliseconds. */
  double attainableMs(TuningTask task) {
    return known.computeIfAbsent(task.workload(), _ -> measure(task));
  }

  private double measure(TuningTask task) {
    long bytes = LeastTraffic.bytes(task.dag());
    double read = bytes < LEAST_READ_BYTES ? 0 : bytes / reading.gigabytesPerSecond(bytes);
    return Math.max(task.flops() / peakGflops, read) / 1e6;
  }

  @Override
  public void close() {
    meter.close();
  }
}
