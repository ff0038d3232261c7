package org.jtvmc.compiler.pipeline;

import java.nio.file.Path;
import java.util.List;
import org.jtvmc.codegen.library.KernelCall;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.compiler.plan.ExecutionPlan;
import org.jtvmc.compiler.plan.MemoryPlan;
import org.jtvmc.ir.target.Target;

/**
 * Everything that goes into a library.
 *
 * @param kernels each distinct kernel once
 * @param useKernels for every use of the plan the index of its kernel; -1 for what the native
 *     runtime computes
 * @param calls what one run does, in order
 * @param weights the file of the weights
 * @param weightBytes its size
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
    List<KernelCall> calls,
    Path weights,
    long weightBytes) {

  public CompiledModel {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    kernels = List.copyOf(kernels);
    useKernels = List.copyOf(useKernels);
    calls = List.copyOf(calls);
  }
}
