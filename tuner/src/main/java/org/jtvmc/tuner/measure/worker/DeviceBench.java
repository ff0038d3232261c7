package org.jtvmc.tuner.measure.worker;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.driver.CudaContext;
import org.jtvmc.codegen.driver.CudaFunction;
import org.jtvmc.codegen.driver.CudaModule;
import org.jtvmc.codegen.driver.CudaStream;
import org.jtvmc.codegen.driver.DeviceMemory;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.tuner.measure.DeviceCode;
import org.jtvmc.tuner.measure.Feed;
import org.jtvmc.tuner.measure.KernelCode;
import org.jtvmc.tuner.measure.RunOutcome;
import org.jtvmc.tuner.measure.Runner.Effort;
import org.jtvmc.tuner.record.RecordStatus;

/** A task on a GPU: its inputs are there, and its right outputs come from the CPU. */
final class DeviceBench implements Bench {

  private final TaskBench host;
  private final DeviceMachine machine;
  private final CudaContext context;
  private final CudaStream stream;
  private final List<DeviceMemory> inputs = new ArrayList<>();
  private final List<DeviceMemory> outputs = new ArrayList<>();

  /**
   * @param host the same task on the CPU; closed with this
   */
  DeviceBench(TaskBench host, DeviceMachine machine) {
    this.host = host;
    this.machine = machine;
    this.context = machine.context();
    this.stream = machine.stream();
    for (NDArray input : host.inputs()) {
      inputs.add(upload(input.data()));
    }
    for (NDArray output : host.outputs()) {
      outputs.add(context.allocate(output.data().byteSize()));
    }
  }

  private DeviceMemory upload(MemorySegment data) {
    DeviceMemory memory = context.allocate(data.byteSize());
    context.copy(data, memory, stream);
    stream.synchronize();
    return memory;
  }

  @Override
  public long bytes() {
    return host.bytes();
  }

  @Override
  public RunOutcome measure(KernelCode code, double bestMs, Effort effort) {
    DeviceCode device = code.device().orElseThrow();
    List<DeviceMemory> packed = new ArrayList<>();
    try (Arena scratch = Arena.ofShared();
        CudaModule module = context.load(device.image());
        DeviceMemory workspace = context.allocate(device.workspaceBytes());
        DeviceMemory counters = context.allocate(device.counterBytes())) {
      if (device.counterBytes() > 0) {
        context.fill(counters, (byte) 0, stream);
      }
      host.packed(code, scratch).forEach(data -> packed.add(upload(data)));
      List<CudaFunction.Launch> launches = new ArrayList<>();
      for (Launch launch : device.launches()) {
        launches.add(
            module
                .function(launch.entry(), launch.sharedBytes())
                .bind(launch, data -> address(data, code, packed, workspace, counters), scratch));
      }
      Optional<String> wrong = check(launches);
      if (wrong.isPresent()) {
        return new RunOutcome.Failed(RecordStatus.WRONG_ANSWER, wrong.get());
      }
      try (DeviceTimer timer = new DeviceTimer(machine, launches)) {
        List<Double> times = new TimingPlan(bestMs, effort, Optional.empty()).time(timer::sample);
        return new RunOutcome.Timed(times, machine.clock());
      }
    } finally {
      packed.forEach(DeviceMemory::close);
    }
  }

  private long address(
      Launch.Argument.Data data,
      KernelCode code,
      List<DeviceMemory> packed,
      DeviceMemory scratch,
      DeviceMemory counters) {
    return switch (data) {
      case Launch.Argument.Input(int index) -> {
        Feed feed = code.feeds().get(index);
        yield (feed.packed() ? packed : inputs).get(feed.index()).address();
      }
      case Launch.Argument.Output(int index) -> outputs.get(index).address();
      case Launch.Argument.Workspace(long offset) -> scratch.address() + offset;
      case Launch.Argument.Counters(long offset) -> counters.address() + offset;
    };
  }

  /** Runs once into poisoned outputs; what is wrong with them. */
  private Optional<String> check(List<CudaFunction.Launch> launches) {
    for (int k = 0; k < outputs.size(); k++) {
      boolean floats = host.outputs().get(k).dtype().isFloat();
      context.fill(outputs.get(k), floats ? (byte) 0xFF : (byte) 0xA5, stream);
    }
    launches.forEach(launch -> launch.enqueue(stream));
    for (int k = 0; k < outputs.size(); k++) {
      context.copy(outputs.get(k), host.outputs().get(k).data(), stream);
    }
    stream.synchronize();
    return host.difference();
  }

  @Override
  public void close() {
    inputs.forEach(DeviceMemory::close);
    outputs.forEach(DeviceMemory::close);
    host.close();
  }
}
