package org.jtvmc.compiler.pipeline;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jtvmc.codegen.library.KernelCall;
import org.jtvmc.codegen.library.Place;
import org.jtvmc.compiler.lower.KernelSizes;
import org.jtvmc.compiler.plan.ExecutionPlan;
import org.jtvmc.compiler.plan.KernelUse;
import org.jtvmc.compiler.plan.MemoryPlan;
import org.jtvmc.compiler.plan.Value;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.PackedConstant;

/**
 * Where the tensors of each use of a kernel lie.
 *
 * @param open where sizes are known only at run time
 * @param sizes for every use what its kernel's sizes stand for
 * @param regions the names of the functions that steps of the run call, by their numbers
 */
record Placement(
    ExecutionPlan plan,
    MemoryPlan memory,
    Optional<OpenPlan> open,
    List<KernelSizes> sizes,
    List<String> regions,
    WeightFile file,
    ConstantPacker packer) {

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
              .map(packed -> packed(packed, value))
              .orElseGet(() -> place(value)));
    }
    use.outputs().forEach(output -> buffers.add(place(output)));
    List<PrimVar> told = lowered.func().sizes();
    if (!told.isEmpty()) {
      buffers.add(new Place.Sizes(sizes.get(index).values(told)));
    }
    if (!kernel.workspace().equals(Dim.of(0))) {
      buffers.add(inWorkspace(use, memory.scratch().get(index)));
    }
    return new KernelCall(kernel.name(), buffers);
  }

  KernelCall call(int index, Call host) {
    KernelUse use = plan.uses().get(index);
    List<Place> buffers = new ArrayList<>();
    // An argument may be given twice, and is one parameter.
    for (Expr argument : host.arguments()) {
      for (Expr tensor : argument instanceof Tuple(var fields, _) ? fields : List.of(argument)) {
        int parameter = use.function().parameters().indexOf(tensor);
        buffers.add(place(use.inputs().get(parameter)));
      }
    }
    use.outputs().forEach(output -> buffers.add(place(output)));
    if (HostCalls.controls(host)) {
      Place told = weight(HostCalls.parameters(host, regions));
      buffers.addAll(0, List.of(told, new Place.Io(texts() + 1)));
      return new KernelCall(HostCalls.symbol(host), buffers);
    }
    if (!HostCalls.scratchBytes(host).equals(Dim.of(0))) {
      buffers.add(inWorkspace(use, memory.scratch().get(index)));
    }
    if (HostCalls.makesTexts(host)) {
      buffers.add(new Place.Io(texts()));
    }
    HostCalls.table(host).ifPresent(table -> buffers.add(weight(table)));
    buffers.add(told(host));
    return new KernelCall(HostCalls.symbol(host), buffers);
  }

  /** The numbers that a function is told: written by the run where sizes among them are open. */
  private Place told(Call host) {
    return HostCalls.openParameters(host)
        .filter(sizes -> !sizes.stream().allMatch(Dim::isKnown))
        .<Place>map(Place.Sizes::new)
        .orElseGet(() -> weight(HostCalls.parameters(host, regions)));
  }

  /** Behind the inputs and outputs; behind that comes the context. */
  private int texts() {
    return plan.inputs().size() + plan.visible();
  }

  /** Weights that several kernels, or several variants of one, read in the same order are one. */
  private Place packed(PackedConstant packed, Value value) {
    var data = ((Value.Weight) value.storage()).data();
    String form = packed.packing().toString();
    return weight(new WeightFile.Key(data, form), () -> packer.pack(packed, data));
  }

  private Place place(Value value) {
    return switch (value.storage()) {
      case Value.Input input -> new Place.Io(input.index());
      case Value.Weight(var data) -> weight(data);
      case Value.Result result ->
          memory.outputs().containsKey(result)
              ? new Place.Io(plan.inputs().size() + memory.outputs().get(result))
              : inWorkspace(result, memory.offsets().get(result));
      case Value.View view -> throw new IllegalStateException("a view has no memory: " + view);
    };
  }

  private Place inWorkspace(Object owner, long offset) {
    return open.<Place>map(plan -> new Place.Block(plan.block(owner)))
        .orElseGet(() -> new Place.Workspace(offset));
  }

  private Place weight(NDArray data) {
    return weight(new WeightFile.Key(data, ""), data::data);
  }

  private Place weight(WeightFile.Key key, Supplier<MemorySegment> contents) {
    return new Place.Weights(file.offset(key, contents));
  }
}
