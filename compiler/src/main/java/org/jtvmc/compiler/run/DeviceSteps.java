package org.jtvmc.compiler.run;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.driver.CudaContext;
import org.jtvmc.codegen.driver.CudaDriver;
import org.jtvmc.codegen.driver.CudaEvent;
import org.jtvmc.codegen.driver.CudaFunction;
import org.jtvmc.codegen.driver.CudaGraph;
import org.jtvmc.codegen.driver.CudaModule;
import org.jtvmc.codegen.driver.CudaStream;
import org.jtvmc.codegen.driver.DeviceMemory;
import org.jtvmc.codegen.library.DeviceProgram;
import org.jtvmc.codegen.library.Place;
import org.jtvmc.compiler.pipeline.CompiledModel;
import org.jtvmc.compiler.pipeline.KernelBinary;
import org.jtvmc.compiler.pipeline.KernelBuild;
import org.jtvmc.compiler.plan.Value;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.TensorType;

/** On the first GPU. */
final class DeviceSteps implements StepwiseModel {

  private static final int TIMED_CALLS = 5;

  private final CompiledModel model;
  private final List<NDArray> inputs;
  private final Arena arena = Arena.ofShared();
  private final CudaDriver driver;
  private final CudaContext context;
  private final CudaStream stream;
  private final CudaEvent begin;
  private final CudaEvent end;
  private final Map<String, CudaModule> modules = new HashMap<>();
  private final Map<Integer, CudaGraph> graphs = new HashMap<>();
  private final List<DeviceMemory> io = new ArrayList<>();
  private final DeviceMemory workspace;
  private final DeviceMemory weights;
  private final DeviceMemory counters;
  private final List<List<CudaFunction.Launch>> launches = new ArrayList<>();

  DeviceSteps(CompiledModel model, List<NDArray> inputs) {
    this.model = model;
    this.inputs = List.copyOf(inputs);
    driver = CudaDriver.open();
    context = driver.device(0).open();
    stream = context.newStream();
    begin = stream.newEvent();
    end = stream.newEvent();
    for (NDArray input : inputs) {
      io.add(context.allocate(input.data().byteSize()));
      context.copy(
          arena.allocate(input.data().byteSize(), 64).copyFrom(input.data()), io.getLast(), stream);
    }
    model.outputs().forEach(output -> io.add(context.allocate(output.type().bytes())));
    workspace = context.allocate(model.memory().bytes());
    weights = context.allocate(model.weightBytes());
    if (model.weightBytes() > 0) {
      context.copy(StepwiseModel.weights(model, arena), weights, stream);
    }
    counters = context.allocate(counterBytes());
    if (counters.bytes() > 0) {
      context.fill(counters, (byte) 0, stream);
    }
    for (int use = 0; use < model.calls().size(); use++) {
      launches.add(launches(use));
    }
  }

  private long counterBytes() {
    return model.kernels().stream()
        .mapToLong(build -> ((KernelBinary.OfGpu) build.binary()).kernel().counterBytes())
        .max()
        .orElse(0);
  }

  private List<CudaFunction.Launch> launches(int use) {
    KernelBuild build = model.kernels().get(model.useKernels().get(use));
    KernelBinary.OfGpu binary = (KernelBinary.OfGpu) build.binary();
    DeviceKernel kernel = binary.kernel();
    CudaModule module = modules.computeIfAbsent(build.name(), _ -> context.load(binary.code()));
    DeviceProgram.Call call =
        new DeviceProgram.Call(
            kernel, build.lowered().func().inputs().size(), model.calls().get(use).buffers());
    return kernel.launches().stream()
        .map(
            launch ->
                module
                    .function(launch.entry(), launch.sharedBytes())
                    .bind(launch, data -> address(call.place(data)), arena))
        .toList();
  }

  private long address(Place place) {
    return switch (place) {
      case Place.Io(int tensor) -> io.get(tensor).address();
      case Place.Workspace(long offset) -> workspace.address() + offset;
      case Place.Weights(long offset) -> weights.address() + offset;
      case Place.Counters(long offset) -> counters.address() + offset;
      case Place.Block _, Place.Sizes _ ->
          throw new IllegalStateException("sizes are open in a model for GPUs");
    };
  }

  @Override
  public int steps() {
    return launches.size();
  }

  @Override
  public void run(int step) {
    enqueue(step);
    stream.synchronize();
  }

  private void enqueue(int step) {
    launches.get(step).forEach(launch -> launch.enqueue(stream));
  }

  /**
   * The mean of a few calls, one behind the other: what a launch costs this process is left out.
   */
  @Override
  public double time(int step) {
    CudaGraph calls =
        graphs.computeIfAbsent(
            step,
            _ ->
                stream.capture(
                    () -> {
                      for (int i = 0; i < TIMED_CALLS; i++) {
                        enqueue(step);
                      }
                    }));
    enqueue(step);
    begin.record(stream);
    calls.launch(stream);
    end.record(stream);
    stream.synchronize();
    return end.millisecondsSince(begin) * 1e6 / TIMED_CALLS;
  }

  @Override
  public NDArray contents(Value value) {
    TensorType type = value.type();
    return switch (value.storage()) {
      case Value.Input input -> inputs.get(input.index()).reshape(type);
      case Value.Weight(NDArray data) -> data.reshape(type);
      case Value.Result result -> copied(result, type);
      case Value.View view -> throw new IllegalStateException("a view has no memory: " + view);
    };
  }

  private NDArray copied(Value.Result result, TensorType type) {
    NDArray copy = NDArray.allocate(type);
    Integer output = model.memory().outputs().get(result);
    if (output != null) {
      context.copy(io.get(inputs.size() + output), 0, copy.data(), stream);
    } else {
      context.copy(workspace, model.memory().offsets().get(result), copy.data(), stream);
    }
    stream.synchronize();
    return copy;
  }

  @Override
  public void close() {
    graphs.values().forEach(CudaGraph::close);
    modules.values().forEach(CudaModule::close);
    io.forEach(DeviceMemory::close);
    workspace.close();
    weights.close();
    counters.close();
    begin.close();
    end.close();
    stream.close();
    context.close();
    driver.close();
    arena.close();
  }
}
