package org.jtvmc.codegen.library;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * All that a library says and does beside its kernels.
 *
 * @param name the model's name, a C identifier: the library's functions begin with it
 * @param target the target string
 * @param cpuFeatures the features the kernels were compiled for, by LLVM's names; those that the
 *     machine code uses are checked when the model is opened
 * @param inputs in the caller's order
 * @param outputs in the caller's order
 * @param workspaceBytes what one context needs
 * @param weights where they are kept
 * @param onDevice whether it runs on a GPU
 * @param calls what one run does on the CPU, in this order; of a model for GPUs, its {@link
 *     DeviceProgram} says that
 * @param open of a model whose sizes are known only at run time
 * @param regions the bodies of loops and the branches of conditions: models inside this one,
 *     without weights of their own
 */
public record ModelDescription(
    String name,
    String target,
    SortedSet<String> cpuFeatures,
    List<TensorInfo> inputs,
    List<TensorInfo> outputs,
    long workspaceBytes,
    WeightStorage weights,
    boolean onDevice,
    List<KernelCall> calls,
    Optional<OpenModel> open,
    List<ModelDescription> regions) {

  /** A model whose sizes are all known. */
  public ModelDescription(
      String name,
      String target,
      SortedSet<String> cpuFeatures,
      List<TensorInfo> inputs,
      List<TensorInfo> outputs,
      long workspaceBytes,
      WeightStorage weights,
      boolean onDevice,
      List<KernelCall> calls) {
    this(
        name,
        target,
        cpuFeatures,
        inputs,
        outputs,
        workspaceBytes,
        weights,
        onDevice,
        calls,
        Optional.empty(),
        List.of());
  }

  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  public ModelDescription {
    if (!IDENTIFIER.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "the model's name \"" + name + "\" is no C identifier: letters, digits and underscores");
    }
    cpuFeatures = Collections.unmodifiableSortedSet(new TreeSet<>(cpuFeatures));
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    calls = List.copyOf(calls);
    regions = List.copyOf(regions);
  }

  /** What the model calls, for all shapes and in all its regions. */
  Stream<KernelCall> allCalls() {
    var fixed =
        open.stream().flatMap(some -> some.fixed().stream()).flatMap(one -> one.calls().stream());
    return Stream.concat(
        Stream.concat(calls.stream(), fixed), regions.stream().flatMap(ModelDescription::allCalls));
  }
}
