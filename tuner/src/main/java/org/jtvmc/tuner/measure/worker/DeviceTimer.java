package org.jtvmc.tuner.measure.worker;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.codegen.driver.CudaEvent;
import org.jtvmc.codegen.driver.CudaFunction;
import org.jtvmc.codegen.driver.CudaGraph;
import org.jtvmc.codegen.driver.CudaStream;
import org.jtvmc.codegen.driver.DeviceMemory;
import org.jtvmc.codegen.load.CompiledKernel.Timing;

/**
 * Times launches between two events of the device. Those of a sample are one CUDA graph, so that
 * what this process spends on a launch does not show, and each sample begins behind another run, so
 * that the device is busy when its first event comes.
 */
final class DeviceTimer implements AutoCloseable {

  /** Of one graph; longer samples launch it several times. */
  private static final int MOST_RUNS = 64;

  /** Twice the largest L2 cache that there is. */
  private static final long FLUSH_BYTES = 256L << 20;

  private final CudaStream stream;
  private final List<CudaFunction.Launch> launches;
  private final CudaEvent begin;
  private final CudaEvent end;
  private final DeviceMachine machine;

  DeviceTimer(DeviceMachine machine, List<CudaFunction.Launch> launches) {
    this.machine = machine;
    this.stream = machine.stream();
    this.launches = launches;
    this.begin = stream.newEvent();
    this.end = stream.newEvent();
  }

  /** The times of one run in milliseconds, one for each of the samples. */
  List<Double> sample(Timing timing) {
    return machine.flush() ? flushed(timing.repeat()) : warm(timing);
  }

  private List<Double> warm(Timing timing) {
    int runs = Math.min(timing.number(), MOST_RUNS);
    int rounds = Math.ceilDiv(timing.number(), runs);
    List<Double> times = new ArrayList<>();
    try (CudaGraph graph = stream.capture(() -> enqueue(runs))) {
      for (int k = 0; k < timing.repeat(); k++) {
        enqueue(1);
        begin.record(stream);
        for (int round = 0; round < rounds; round++) {
          graph.launch(stream);
        }
        end.record(stream);
        stream.synchronize();
        times.add(end.millisecondsSince(begin) / ((double) runs * rounds));
      }
    }
    return times;
  }

  private List<Double> flushed(int repeat) {
    List<Double> times = new ArrayList<>();
    try (DeviceMemory other = machine.context().allocate(FLUSH_BYTES)) {
      for (int k = 0; k < repeat; k++) {
        machine.context().fill(other, (byte) k, stream);
        begin.record(stream);
        enqueue(1);
        end.record(stream);
        stream.synchronize();
        times.add(end.millisecondsSince(begin));
      }
    }
    return times;
  }

  private void enqueue(int runs) {
    for (int run = 0; run < runs; run++) {
      launches.forEach(launch -> launch.enqueue(stream));
    }
  }

  @Override
  public void close() {
    begin.close();
    end.close();
  }
}
