package org.jtvmc.compiler.pipeline;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jtvmc.codegen.library.KernelCall;
import org.jtvmc.codegen.library.OpenModel;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.compiler.plan.ExecutionPlan;
import org.jtvmc.compiler.plan.MemoryPlan;
import org.jtvmc.ir.target.Target;
import org.jtvmc.ir.type.Dim;

/**
 * Everything that goes into a library.
 *
 * @param kernels each distinct kernel once
 * @param useKernels for every use of the plan the index of its kernel; -1 for what the native
 *     runtime computes
 * @param scratch for every use the bytes that it needs beside its inputs and outputs
 * @param calls what one run does, in order
 * @param weights the file of the weights
 * @param weightBytes its size
 * @param open where sizes are known only at run time: what there is to know about them; {@code
 *     memory} is that of the usual sizes then
 * @param regions the functions that steps of the run call, with the same weights
 * @param specialized the same model for shapes that have code of their own, with the same weights
 */
public record CompiledModel(
    String name,
    Target target,
    List<TensorInfo> inputs,
    List<TensorInfo> outputs,
    ExecutionPlan plan,
    MemoryPlan memory,
    List<KernelBuild> kernels,
    List<Integer> useKernels,
    List<Dim> scratch,
    List<KernelCall> calls,
    Path weights,
    long weightBytes,
    Optional<OpenModel> open,
    List<CompiledModel> regions,
    List<CompiledModel> specialized) {

  public CompiledModel {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    kernels = List.copyOf(kernels);
    useKernels = List.copyOf(useKernels);
    calls = List.copyOf(calls);
    scratch = List.copyOf(scratch);
    regions = List.copyOf(regions);
    specialized = List.copyOf(specialized);
  }

  /** How often a run calls a kernel, by its index. */
  public int uses(int kernel) {
    return (int) useKernels.stream().filter(use -> use == kernel).count();
  }

  /** The model, what it is for special shapes, and all their regions. */
  public Stream<CompiledModel> parts() {
    return Stream.concat(
        Stream.of(this),
        Stream.concat(specialized.stream(), regions.stream()).flatMap(CompiledModel::parts));
  }

  /** The code of functions that plugins bring, each once, by their names. */
  public Map<String, byte[]> externals() {
    Map<String, byte[]> externals = new LinkedHashMap<>();
    parts().forEach(part -> externals.putAll(HostCalls.objects(part.plan)));
    return externals;
  }
}
