package org.jtvmc.compiler.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
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
import org.jtvmc.ir.file.FileFault;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Function;
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
        requireKnownSizes(variants.getLast());
      }
      return compile(module, variants, name, file, packer);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot write the weights to %s: %s".formatted(weights, FileFault.reason(e)), e);
    }
  }

  private static void requireKnownSizes(CompiledModel variant) {
    boolean decides = variant.outputs().stream().anyMatch(output -> output.decided().isPresent());
    if (decides || variant.open().isPresent()) {
      throw new ModelException(
          "a run of this model decides over sizes, for which shapes cannot have code of their own;"
              + " leave out --specialize");
    }
  }

  /**
   * Compiles a module whose sizes are known with several schedules for its kernels, to be compared
   * in it: all work on the same workspace, so that a run may take each call from another one.
   *
   * @param module whose main calls primitive functions only
   * @param alternatives sources of schedules; where one other than the first knows none for a
   *     kernel, the first's is taken
   * @param weights the file to write the weights to
   * @return a model whose calls are those of a run with the first alternative, then those with the
   *     second, and so on
   */
  public CompiledModel alternatives(
      IRModule module, List<ScheduleSource> alternatives, String name, Path weights) {
    LoweredModel lowered = LoweredModel.of(module, target);
    ExecutionPlan plan = lowered.plan();
    List<ComputeDag> dags = List.copyOf(lowered.dags().values());
    List<KernelBuild> kernels = new ArrayList<>(build(name, dags, alternatives.getFirst()));
    List<List<Integer>> kernelOf = new ArrayList<>();
    for (ScheduleSource source : alternatives) {
      List<ComputeDag> other =
          kernelOf.isEmpty()
              ? List.of()
              : dags.stream().filter(dag -> source.find(dag, target).isPresent()).toList();
      int first = kernels.size();
      kernels.addAll(build("%s_a%d".formatted(name, kernelOf.size()), other, source));
      kernelOf.add(
          lowered.kernels().stream()
              .map(
                  k ->
                      k < 0 || !other.contains(dags.get(k))
                          ? k
                          : first + other.indexOf(dags.get(k)))
              .toList());
    }
    List<Dim> scratch = new ArrayList<>();
    for (int use = 0; use < plan.uses().size(); use++) {
      int at = use;
      scratch.add(
          plan.uses()
              .get(use)
              .host()
              .map(HostCalls::scratchBytes)
              .orElseGet(
                  () ->
                      kernelOf.stream()
                          .map(of -> kernels.get(of.get(at)).workspace())
                          .max(Comparator.comparingLong(Dim::value))
                          .orElseThrow()));
    }
    MemoryPlan memory = MemoryPlan.of(plan, scratch, Dim::value);
    try (WeightFile file = new WeightFile(weights);
        ConstantPacker packer = new ConstantPacker(host)) {
      Placement placement =
          new Placement(plan, memory, Optional.empty(), lowered.sizes(), List.of(), file, packer);
      List<KernelCall> calls = new ArrayList<>();
      for (List<Integer> chosen : kernelOf) {
        calls.addAll(calls(plan, placement, kernels, chosen));
      }
      return new CompiledModel(
          name,
          target,
          inputs(module.main()),
          outputs(plan, module::sizesOf, module.outputNames(), memory, Optional.empty()),
          plan,
          memory,
          kernels,
          kernelOf.stream().flatMap(List::stream).toList(),
          scratch,
          calls,
          file.path(),
          file.bytes(),
          Optional.empty(),
          List.of(),
          List.of());
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot write the weights to %s: %s".formatted(weights, FileFault.reason(e)), e);
    }
  }

  private static List<KernelCall> calls(
      ExecutionPlan plan,
      Placement placement,
      List<KernelBuild> kernels,
      List<Integer> useKernels) {
    List<KernelCall> calls = new ArrayList<>();
    for (int use = 0; use < plan.uses().size(); use++) {
      Optional<Call> host = plan.uses().get(use).host();
      calls.add(
          host.isPresent()
              ? placement.call(use, host.get())
              : placement.call(use, kernels.get(useKernels.get(use))));
    }
    return calls;
  }

  private CompiledModel compile(
      IRModule module,
      List<CompiledModel> specialized,
      String name,
      WeightFile file,
      ConstantPacker packer) {
    ExecutionPlan plan = ExecutionPlan.of(module, Views::isView);
    return new Part(module, name, file, packer)
        .compile(module.main(), plan, module.outputNames(), module::sizesOf, specialized);
  }

  /** A function of the module, main or what a step of the run calls, and what goes with it. */
  private final class Part {
    private final IRModule module;
    private final String name;
    private final WeightFile file;
    private final ConstantPacker packer;

    Part(IRModule module, String name, WeightFile file, ConstantPacker packer) {
      this.module = module;
      this.name = name;
      this.file = file;
      this.packer = packer;
    }

    CompiledModel compile(
        Function function,
        ExecutionPlan plan,
        List<String> outputNames,
        IntFunction<OptionalInt> sizesOf,
        List<CompiledModel> specialized) {
      List<TensorInfo> inputs = inputs(function);
      LoweredModel lowered = LoweredModel.of(plan, target);
      List<KernelBuild> kernels = build(name, List.copyOf(lowered.dags().values()), schedules);
      List<Integer> useKernels = lowered.kernels();
      List<Dim> scratch = new ArrayList<>();
      for (int use = 0; use < plan.uses().size(); use++) {
        Optional<Call> host = plan.uses().get(use).host();
        scratch.add(
            host.isPresent()
                ? HostCalls.scratchBytes(host.get())
                : lowered.sizes().get(use).inModel(kernels.get(useKernels.get(use)).workspace()));
      }
      MemoryPlan memory = MemoryPlan.of(plan, scratch, Dim::usual);
      Optional<OpenPlan> open =
          Optional.of(new OpenPlan(function, plan, scratch)).filter(_ -> lowered.isOpen());
      List<CompiledModel> regions = regions(lowered.regions());
      Placement placement =
          new Placement(plan, memory, open, lowered.sizes(), lowered.regions(), file, packer);
      return new CompiledModel(
          name,
          target,
          inputs,
          outputs(plan, sizesOf, outputNames, memory, open),
          plan,
          memory,
          kernels,
          useKernels,
          scratch,
          calls(plan, placement, kernels, useKernels),
          file.path(),
          file.bytes(),
          open.map(some -> some.model(inputs, specialized)),
          regions,
          specialized);
    }

    private List<CompiledModel> regions(List<String> names) {
      List<CompiledModel> regions = new ArrayList<>();
      for (String region : names) {
        Function body = module.functions().get(region);
        ExecutionPlan plan = ExecutionPlan.ofRegion(body, Views::isView);
        List<String> outputs =
            IntStream.range(0, plan.visible()).mapToObj(i -> "%s.%d".formatted(region, i)).toList();
        regions.add(
            new Part(module, "%s_r%d".formatted(name, regions.size()), file, packer)
                .compile(body, plan, outputs, _ -> OptionalInt.empty(), List.of()));
      }
      return regions;
    }
  }

  /** The kernel that a use runs, for the usual sizes: what is to be scheduled. */
  public static ComputeDag dag(KernelUse use) {
    return LoweredModel.lower(use, new KernelSizes()).atUsualSizes();
  }

  /** Builds all kernels, each thread with a compiler of its own taking the next one. */
  private List<KernelBuild> build(String name, List<ComputeDag> dags, ScheduleSource source) {
    int threads = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
    KernelBuild[] builds = new KernelBuild[dags.size()];
    AtomicInteger next = new AtomicInteger();
    Callable<Void> worker =
        () -> {
          try (KernelFactory factory = newFactory(source)) {
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

  private KernelFactory newFactory(ScheduleSource source) {
    return new KernelFactory(target, source, KernelBackend.of(target, listener), problems);
  }

  private List<TensorInfo> inputs(Function function) {
    List<TensorInfo> inputs = new ArrayList<>();
    for (Var parameter : function.parameters()) {
      for (TensorType type : FunctionLowering.tensorTypes(parameter.type())) {
        inputs.add(new TensorInfo(parameter.name(), type, alignment(type)));
      }
    }
    return inputs;
  }

  private List<TensorInfo> outputs(
      ExecutionPlan plan,
      IntFunction<OptionalInt> sizesOf,
      List<String> names,
      MemoryPlan memory,
      Optional<OpenPlan> open) {
    List<TensorInfo> outputs = new ArrayList<>();
    for (int i = 0; i < plan.visible(); i++) {
      Value result = plan.results().get(i);
      TensorType type = result.type();
      Optional<DecidedSizes> decided = Optional.empty();
      OptionalInt sizes = sizesOf.apply(i);
      if (plan.isDecided(type)) {
        int block = open.orElseThrow().block(result.storage());
        decided = Optional.of(DecidedSizes.inBlock(type.rank(), block));
      } else if (sizes.isPresent()) {
        Value value = plan.results().get(sizes.getAsInt());
        decided =
            Optional.of(
                new DecidedSizes(
                    Math.toIntExact(value.type().elements()),
                    memory.offsets().get((Value.Result) value.storage())));
      }
      outputs.add(new TensorInfo(names.get(i), type, alignment(type), decided));
    }
    return outputs;
  }

  /** What kernels rely on. */
  private long alignment(TensorType type) {
    return switch (target) {
      case CpuTarget _ -> type.dtype().alignment();
      case CudaTarget _ -> DeviceKernel.ALIGNMENT;
    };
  }
}
