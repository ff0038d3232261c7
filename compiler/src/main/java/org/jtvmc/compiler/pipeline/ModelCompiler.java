package org.jtvmc.compiler.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
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
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.kernel.CodeListener;
import org.jtvmc.codegen.library.KernelCall;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.codegen.library.TensorInfo.DecidedSizes;
import org.jtvmc.compiler.lower.FunctionLowering;
import org.jtvmc.compiler.lower.KernelSizes;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.compiler.passes.Views;
import org.jtvmc.compiler.plan.ExecutionPlan;
import org.jtvmc.compiler.plan.KernelUse;
import org.jtvmc.compiler.plan.MemoryPlan;
import org.jtvmc.compiler.plan.Value;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.schedule.ComputeDag;

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
    return compile(module, List.of(), name, weights);
  }

  /**
   * Compiles a module, and the same model for shapes that get code of their own; all with the same
   * weights.
   *
   * @param module whose main calls primitive functions only
   * @param specialized such modules too, all sizes known; empty unless {@code module} has open ones
   * @param name the library's name, a C identifier
   * @param weights the file to write the weights to
   */
  public CompiledModel compile(
      IRModule module, List<IRModule> specialized, String name, Path weights) {
    try (WeightFile file = new WeightFile(weights);
        ConstantPacker packer = new ConstantPacker(host)) {
      List<CompiledModel> variants = new ArrayList<>();
      for (IRModule variant : specialized) {
        String prefix = "%s_s%d".formatted(name, variants.size());
        variants.add(compile(variant, List.of(), prefix, file, packer));
      }
      return compile(module, variants, name, file, packer);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the weights to " + weights, e);
    }
  }

  private CompiledModel compile(
      IRModule module,
      List<CompiledModel> specialized,
      String name,
      WeightFile file,
      ConstantPacker packer) {
    ExecutionPlan plan = ExecutionPlan.of(module, Views::isView);
    List<TensorInfo> inputs = inputs(module);
    boolean isOpen = inputs.stream().anyMatch(input -> !input.type().isStatic());
    List<KernelSizes> sizes = new ArrayList<>();
    List<String> hashes = new ArrayList<>();
    Map<String, ComputeDag> dags = new LinkedHashMap<>();
    for (KernelUse use : plan.uses()) {
      sizes.add(new KernelSizes());
      if (use.host().isPresent()) {
        requireCpu(use);
        requireKnownSizes(use, isOpen);
        hashes.add("");
      } else {
        ComputeDag dag = lower(use, sizes.getLast());
        hashes.add(dag.workloadHash());
        dags.putIfAbsent(dag.workloadHash(), dag);
      }
    }
    List<String> order = List.copyOf(dags.keySet());
    List<KernelBuild> kernels = build(name, List.copyOf(dags.values()));
    List<Integer> useKernels = hashes.stream().map(order::indexOf).toList();
    List<Dim> scratch = new ArrayList<>();
    for (int use = 0; use < plan.uses().size(); use++) {
      Optional<Call> host = plan.uses().get(use).host();
      scratch.add(
          host.isPresent()
              ? Dim.of(HostCalls.scratchBytes(host.get()))
              : sizes.get(use).inModel(kernels.get(useKernels.get(use)).workspace()));
    }
    MemoryPlan memory = MemoryPlan.of(plan, scratch, Dim::usual);
    OpenPlan open = new OpenPlan(module.main(), plan, scratch);
    Placement placement =
        new Placement(
            plan, memory, isOpen ? Optional.of(open) : Optional.empty(), sizes, file, packer);
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
        inputs,
        outputs(module, plan, memory),
        plan,
        memory,
        kernels,
        useKernels,
        scratch,
        calls,
        file.path(),
        file.bytes(),
        isOpen ? Optional.of(open.model(inputs, specialized)) : Optional.empty(),
        specialized);
  }

  private static void requireKnownSizes(KernelUse use, boolean isOpen) {
    if (isOpen) {
      throw new ModelException(
          "sizes that a run decides, as at %s, need known sizes of the inputs; give numbers with"
                  .formatted(use.label())
              + " --input-shapes");
    }
  }

  /** The kernel that a use runs, for the usual sizes: what is to be scheduled. */
  public static ComputeDag dag(KernelUse use) {
    return lower(use, new KernelSizes()).atUsualSizes();
  }

  private static ComputeDag lower(KernelUse use, KernelSizes sizes) {
    List<Boolean> constant = new ArrayList<>();
    int first = 0;
    for (Var parameter : use.function().parameters()) {
      int count = FunctionLowering.tensorTypes(parameter.type()).size();
      constant.add(
          use.inputs().subList(first, first + count).stream()
              .allMatch(value -> value.storage() instanceof Value.Weight));
      first += count;
    }
    try {
      return FunctionLowering.lower(use.function(), constant::get, sizes);
    } catch (IllegalStateException e) {
      // Some operators' expressions are made for numbers.
      throw new ModelException(
          "%s needs known sizes: %s; give numbers with --input-shapes"
              .formatted(use.label(), e.getMessage()),
          e);
    }
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
      case CpuTarget _ -> type.dtype().alignment();
      case CudaTarget _ -> DeviceKernel.ALIGNMENT;
    };
  }
}
