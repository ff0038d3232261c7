package org.jtvmc.codegen.peak;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import org.jtvmc.ir.target.CpuTarget;

/**
 * What this machine reached when it was asked for one thing only.
 *
 * @param threads that worked at once
 * @param multiplyAddGflops billions of float32 operations a second on registers, two for each
 *     multiply-add
 * @param readGbS billions of bytes a second that all threads together read, for the levels that
 *     there are
 * @param forkJoinUs microseconds that a parallel loop of spinning threads costs beside its work; 0
 *     for one thread
 */
public record MachinePeaks(
    int threads, double multiplyAddGflops, Map<MemoryLevel, Double> readGbS, double forkJoinUs) {

  public MachinePeaks {
    readGbS = Collections.unmodifiableMap(new EnumMap<>(readGbS));
  }

  /** Measures all; it takes a second or two, most of it for main memory. */
  public static MachinePeaks measure(CpuTarget machine, int threads) {
    long memory = Runtime.getRuntime().maxMemory();
    try (PeakMeter meter = new PeakMeter(machine, threads)) {
      Map<MemoryLevel, Double> bandwidths = new EnumMap<>(MemoryLevel.class);
      for (MemoryLevel level : MemoryLevel.values()) {
        if (level.capacity(machine.caches(), threads) > 0) {
          long bytes = level.sample(machine.caches(), threads, memory);
          bandwidths.put(level, meter.readGigabytesPerSecond(bytes));
        }
      }
      return new MachinePeaks(
          threads, meter.multiplyAddGflops(), bandwidths, meter.forkJoinMicroseconds());
    }
  }

  /** The bandwidth of a level, or of the next one that there is. */
  public double bandwidth(MemoryLevel level) {
    for (MemoryLevel each : MemoryLevel.values()) {
      if (each.compareTo(level) >= 0 && readGbS.containsKey(each)) {
        return readGbS.get(each);
      }
    }
    throw new IllegalStateException("main memory has a bandwidth");
  }
}
