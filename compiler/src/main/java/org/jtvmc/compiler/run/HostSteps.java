package org.jtvmc.compiler.run;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.jtvmc.codegen.library.KernelCall;
import org.jtvmc.codegen.library.Place;
import org.jtvmc.codegen.load.CompiledKernel;
import org.jtvmc.codegen.load.CompiledKernel.Timing;
import org.jtvmc.codegen.load.KernelRuntime;
import org.jtvmc.codegen.load.ThreadPool;
import org.jtvmc.compiler.pipeline.CompiledModel;
import org.jtvmc.compiler.pipeline.KernelBuild;
import org.jtvmc.compiler.plan.MemoryPlan;
import org.jtvmc.compiler.plan.Value;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** On the CPU. */
final class HostSteps implements StepwiseModel {

  private static final int PAGE = 4096;

  /** The native structure that stands for a context's memory for texts. */
  private static final int TEXTS = 64;

  private final CompiledModel model;
  private final MemoryPlan memory;
  private final ToLongFunction<Dim> sizes;
  private final List<NDArray> inputs;
  private final Arena arena = Arena.ofShared();
  private final KernelRuntime runtime = new KernelRuntime();
  private final ThreadPool pool;
  private final Map<String, CompiledKernel> kernels = new HashMap<>();
  private final List<MemorySegment> io = new ArrayList<>();
  private final MemorySegment workspace;
  private final MemorySegment weights;
  private final List<List<MemorySegment>> buffers = new ArrayList<>();

  /**
   * @param inputs one array for each input
   * @param threads that serve one kernel
   */
  HostSteps(CompiledModel model, List<NDArray> inputs, int threads) {
    this.model = model;
    this.inputs = List.copyOf(inputs);
    this.sizes = StepwiseModel.sizes(model, inputs);
    this.memory = MemoryPlan.of(model.plan(), model.scratch(), sizes);
    this.pool = runtime.newPool(threads);
    for (KernelBuild kernel : model.kernels()) {
      kernels.put(
          kernel.name(), new CompiledKernel(runtime, kernel.name(), kernel.binary().code()));
    }
    model
        .externals()
        .forEach(
            (symbol, object) -> kernels.put(symbol, new CompiledKernel(runtime, symbol, object)));
    model.calls().stream()
        .filter(KernelCall::ofRuntime)
        .forEach(
            call ->
                kernels.computeIfAbsent(
                    call.kernel(), symbol -> new CompiledKernel(runtime, symbol)));
    for (NDArray input : inputs) {
      io.add(arena.allocate(input.data().byteSize(), 64).copyFrom(input.data()));
    }
    model.outputs().forEach(output -> io.add(arena.allocate(bind(output.type()).bytes(), 64)));
    io.add(arena.allocate(TEXTS, 64));
    workspace = arena.allocate(memory.bytes(), PAGE);
    weights = StepwiseModel.weights(model, arena);
    model.calls().forEach(call -> buffers.add(call.buffers().stream().map(this::address).toList()));
  }

  private MemorySegment address(Place place) {
    return switch (place) {
      case Place.Io(int tensor) -> io.get(tensor);
      case Place.Workspace(long offset) -> workspace.asSlice(offset);
      case Place.Weights(long offset) -> weights.asSlice(offset);
      case Place.Counters _ -> throw new IllegalStateException("a CPU counts no blocks");
      case Place.Block(int index) -> workspace.asSlice(memory.blocks().get(index));
      case Place.Sizes(List<Dim> values) -> {
        MemorySegment told = arena.allocate(JAVA_LONG, values.size());
        for (int i = 0; i < values.size(); i++) {
          told.setAtIndex(JAVA_LONG, i, sizes.applyAsLong(values.get(i)));
        }
        yield told;
      }
    };
  }

  private TensorType bind(TensorType type) {
    return TensorType.of(
        type.dtype(), type.shape().stream().mapToLong(sizes::applyAsLong).toArray());
  }

  @Override
  public int steps() {
    return buffers.size();
  }

  @Override
  public void run(int step) {
    kernel(step).run(buffers.get(step), Optional.of(pool));
  }

  @Override
  public double time(int step) {
    Timing once = Timing.warm(1, 1);
    return kernel(step).measure(buffers.get(step), Optional.of(pool), once)[0];
  }

  private CompiledKernel kernel(int step) {
    return kernels.get(model.calls().get(step).kernel());
  }

  @Override
  public NDArray contents(Value value) {
    TensorType type = bind(value.type());
    return switch (value.storage()) {
      case Value.Input input -> inputs.get(input.index()).reshape(type);
      case Value.Weight(NDArray data) -> data.reshape(type);
      case Value.Result result -> new NDArray(type, memory(result).asSlice(0, type.bytes()));
      case Value.View view -> throw new IllegalStateException("a view has no memory: " + view);
    };
  }

  private MemorySegment memory(Value.Result result) {
    Integer output = memory.outputs().get(result);
    return output != null
        ? io.get(inputs.size() + output)
        : workspace.asSlice(memory.offsets().get(result));
  }

  @Override
  public void close() {
    runtime.releaseTexts(io.getLast());
    kernels.values().forEach(CompiledKernel::close);
    pool.close();
    runtime.close();
    arena.close();
  }
}
