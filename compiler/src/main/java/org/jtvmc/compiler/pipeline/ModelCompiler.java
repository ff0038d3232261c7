package org.jtvmc.compiler.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.kernel.CodeListener;
import org.jtvmc.codegen.library.KernelCall;
import org.jtvmc.codegen.library.Place;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.codegen.library.TensorInfo.DecidedSizes;
import org.jtvmc.compiler.lower.FunctionLowering;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.compiler.passes.Views;
import org.jtvmc.compiler.plan.ExecutionPlan;
import org.jtvmc.compiler.plan.KernelUse;
import org.jtvmc.compiler.plan.MemoryPlan;
import org.jtvmc.compiler.plan.Value;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.PackedConstant;

/**
 * Compiles a fused module: plans its execution, makes each distinct kernel once, packs the weights,
 * and says where every tensor lies.
 */
public final class ModelCompiler {
  /** Compiling a kernel is one thread's work; more threads than this wait for memory. */
  private static final int MOST_THREADS = 8;

  private final Target target;
  private final CpuTarget host;
  private final ScheduleSource schedules;
  private final CodeListener listener;
  private final Consumer<String> problems;

  /**
   * @param target what the kernels are for
   * @param host this machine
   * @param schedules schedules better than the default
   * @param listener sees the code in all its forms; called by several threads
   * @param problems hears why a better schedule was not used; called by several threads
   */
  public ModelCompiler(
      Target target,
      CpuTarget host,
      ScheduleSource schedules,
      CodeListener listener,
      Consumer<String> problems) {
    this.target = target;
    this.host = host;
    this.schedules = schedules;
    this.listener = listener;
    this.problems = problems;
  }

  /**
   * Compiles {@code module}, whose main calls primitive functions only.
   *
   * @param name the library's name, a C identifier
   * @param weights the file to write the weights to
   */
  public CompiledModel compile(IRModule module, String name, Path weights) {
    ExecutionPlan plan = ExecutionPlan.of(module, Views::isView);
    List<String> hashes = new ArrayList<>();
    Map<String, ComputeDag> dags = new LinkedHashMap<>();
    for (KernelUse use : plan.uses()) {
      if (use.host().isPresent()) {
        requireCpu(use);
        hashes.add("");
      } else {
        ComputeDag dag = dag(use);
        hashes.add(dag.workloadHash());
        dags.putIfAbsent(dag.workloadHash(), dag);
      }
    }
    List<String> order = List.copyOf(dags.keySet());
    List<KernelBuild> kernels = build(name, List.copyOf(dags.values()));
    List<Integer> useKernels = hashes.stream().map(order::indexOf).toList();
    List<Long> scratch = new ArrayList<>();
    for (int use = 0; use < plan.uses().size(); use++) {
      Optional<Call> host = plan.uses().get(use).host();
      scratch.add(
          host.isPresent()
              ? HostCalls.scratchBytes(host.get())
              : kernels.get(useKernels.get(use)).workspaceBytes());
    }
    MemoryPlan memory = MemoryPlan.of(plan, scratch);
    try (WeightFile file = new WeightFile(weights);
        ConstantPacker packer = new ConstantPacker(host)) {
      Placement placement = new Placement(plan, memory, file, packer);
      List<KernelCall> calls = new ArrayList<>();
      for (int use = 0; use < plan.uses().size(); use++) {
        Optional<Call> host = plan.uses().get(use).host();
        calls.add(
            host.isPresent()
                ? placement.call(use, host.get())
                : placement.call(use, kernels.get(useKernels.get(use))));
      }
      return new CompiledModel(
          name,
          target,
          inputs(module),
          outputs(module, plan, memory),
          plan,
          memory,
          kernels,
          useKernels,
          calls,
          weights,
          file.bytes());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the weights to " + weights, e);
    }
  }

  /** The kernel that a use runs: what is to be scheduled. */
  public static ComputeDag dag(KernelUse use) {
    List<Boolean> constant = new ArrayList<>();
    int first = 0;
    for (Var parameter : use.function().parameters()) {
      int count = FunctionLowering.tensorTypes(parameter.type()).size();
      constant.add(
          use.inputs().subList(first, first + count).stream()
              .allMatch(value -> value.storage() instanceof Value.Weight));
      first += count;
    }
    return FunctionLowering.lower(use.function(), constant::get);
  }

  /** Builds all kernels, each thread with a compiler of its own taking the next one. */
  private List<KernelBuild> build(String name, List<ComputeDag> dags) {
    int threads = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
    KernelBuild[] builds = new KernelBuild[dags.size()];
    AtomicInteger next = new AtomicInteger();
    Callable<Void> worker =
        () -> {
          try (KernelFactory factory = newFactory()) {
            for (int i = next.getAndIncrement(); i < builds.length; i = next.getAndIncrement()) {
              builds[i] =
                  factory.build(
                      "%s_k%d_%s".formatted(name, i, KernelNames.of(dags.get(i))), dags.get(i));
            }
          }
          return null;
        };
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      for (Future<Void> done : executor.invokeAll(Collections.nCopies(threads, worker))) {
        done.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while kernels were compiled", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    }
    return List.of(builds);
  }

  private KernelFactory newFactory() {
    return new KernelFactory(target, schedules, KernelBackend.of(target, listener), problems);
  }

  private List<TensorInfo> inputs(IRModule module) {
    List<TensorInfo> inputs = new ArrayList<>();
    for (Var parameter : module.main().parameters()) {
      for (TensorType type : FunctionLowering.tensorTypes(parameter.type())) {
        inputs.add(new TensorInfo(parameter.name(), type, alignment(type)));
      }
    }
    return inputs;
  }

  private List<TensorInfo> outputs(IRModule module, ExecutionPlan plan, MemoryPlan memory) {
    List<TensorInfo> outputs = new ArrayList<>();
    for (int i = 0; i < plan.visible(); i++) {
      TensorType type = plan.results().get(i).type();
      Optional<DecidedSizes> decided = Optional.empty();
      OptionalInt sizes = module.sizesOf(i);
      if (sizes.isPresent()) {
        Value value = plan.results().get(sizes.getAsInt());
        decided =
            Optional.of(
                new DecidedSizes(
                    Math.toIntExact(value.type().elements()),
                    memory.offsets().get((Value.Result) value.storage())));
      }
      outputs.add(new TensorInfo(module.outputNames().get(i), type, alignment(type), decided));
    }
    return outputs;
  }

  private void requireCpu(KernelUse use) {
    if (target instanceof CudaTarget) {
      throw new ModelException(
          "node '%s' decides over sizes while the model runs, which only models for CPUs can do; compile with --target llvm"
              .formatted(use.label()));
    }
  }

  /** What kernels rely on. */
  private long alignment(TensorType type) {
    return switch (target) {
      case CpuTarget _ -> type.dtype().bytes();
      case CudaTarget _ -> DeviceKernel.ALIGNMENT;
    };
  }

  /** Where the tensors of each use lie. */
  private record Placement(
      ExecutionPlan plan, MemoryPlan memory, WeightFile file, ConstantPacker packer) {

    KernelCall call(int index, KernelBuild kernel) {
      KernelUse use = plan.uses().get(index);
      LoweredKernel lowered = kernel.lowered();
      List<Place> buffers = new ArrayList<>();
      for (int i = 0; i < lowered.sources().size(); i++) {
        Tensor source = lowered.sources().get(i);
        Value value = use.inputs().get(kernel.dag().inputs().indexOf(source));
        var buffer = lowered.func().inputs().get(i);
        buffers.add(
            lowered.packed().stream()
                .filter(packed -> packed.packed() == buffer)
                .findFirst()
                .map(packed -> packed(kernel, packed, value))
                .orElseGet(() -> place(value)));
      }
      use.outputs().forEach(output -> buffers.add(place(output)));
      if (kernel.workspaceBytes() > 0) {
        buffers.add(new Place.Workspace(memory.scratch().get(index)));
      }
      return new KernelCall(kernel.name(), buffers);
    }

    KernelCall call(int index, Call host) {
      KernelUse use = plan.uses().get(index);
      List<Place> buffers = new ArrayList<>();
      // An argument may be given twice, and is one parameter.
      for (Expr argument : host.arguments()) {
        int parameter = use.function().parameters().indexOf(argument);
        buffers.add(place(use.inputs().get(parameter)));
      }
      use.outputs().forEach(output -> buffers.add(place(output)));
      if (HostCalls.scratchBytes(host) > 0) {
        buffers.add(new Place.Workspace(memory.scratch().get(index)));
      }
      NDArray parameters = HostCalls.parameters(host);
      buffers.add(weight(new WeightFile.Key(parameters, ""), parameters::data));
      return new KernelCall(HostCalls.symbol(host), buffers);
    }

    private Place packed(KernelBuild kernel, PackedConstant packed, Value value) {
      var data = ((Value.Weight) value.storage()).data();
      String form = kernel.name() + ":" + packed.packed().name();
      return weight(new WeightFile.Key(data, form), () -> packer.pack(packed, data));
    }

    private Place place(Value value) {
      return switch (value.storage()) {
        case Value.Input input -> new Place.Io(input.index());
        case Value.Weight(var data) -> weight(new WeightFile.Key(data, ""), data::data);
        case Value.Result result ->
            memory.outputs().containsKey(result)
                ? new Place.Io(plan.inputs().size() + memory.outputs().get(result))
                : new Place.Workspace(memory.offsets().get(result));
        case Value.View view -> throw new IllegalStateException("a view has no memory: " + view);
      };
    }

    private Place weight(WeightFile.Key key, Supplier<MemorySegment> contents) {
      return new Place.Weights(file.offset(key, contents));
    }
  }
}
