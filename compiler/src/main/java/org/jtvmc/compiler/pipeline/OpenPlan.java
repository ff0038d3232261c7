package org.jtvmc.compiler.pipeline;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jtvmc.codegen.library.OpenModel;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.compiler.plan.ExecutionPlan;
import org.jtvmc.compiler.plan.KernelUse;
import org.jtvmc.compiler.plan.MemoryPlan;
import org.jtvmc.compiler.plan.SizeAssumption;
import org.jtvmc.compiler.plan.Value.Result;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.op.control.SizesOfRun;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.SizeRange;

/** What is left for the run where sizes are open: to find them, to check them, to place memory. */
final class OpenPlan {
  private final Function main;
  private final ExecutionPlan plan;
  private final List<MemoryPlan.Lifetime> lifetimes;
  private final Map<Object, Integer> blocks = new IdentityHashMap<>();

  /**
   * @param scratch what each use of a kernel needs beside its inputs and outputs
   */
  OpenPlan(Function main, ExecutionPlan plan, List<Dim> scratch) {
    this.main = main;
    this.plan = plan;
    this.lifetimes = MemoryPlan.lifetimes(plan, scratch);
    for (MemoryPlan.Lifetime life : lifetimes) {
      blocks.put(life.owner(), blocks.size());
    }
  }

  /** The number of the block that a result or the scratch memory of a use lies in. */
  int block(Object owner) {
    return blocks.get(owner);
  }

  /**
   * What the library is told.
   *
   * @param specialized the model for shapes that have code of their own
   */
  OpenModel model(List<TensorInfo> inputs, List<CompiledModel> specialized) {
    List<OpenModel.Given> sizes = given(inputs);
    sizes.addAll(decided());
    return new OpenModel(
        sizes,
        checks(),
        lifetimes.stream()
            .map(life -> new OpenModel.Block(life.bytes(), life.first(), life.last()))
            .toList(),
        specialized.stream().map(OpenPlan::fixed).toList());
  }

  private static OpenModel.Fixed fixed(CompiledModel variant) {
    return new OpenModel.Fixed(
        Stream.concat(variant.inputs().stream(), variant.outputs().stream())
            .map(tensor -> tensor.type().sizes())
            .toList(),
        variant.memory().bytes(),
        variant.calls());
  }

  /** The first dimension of an input that is each symbol. */
  private static List<OpenModel.Given> given(List<TensorInfo> inputs) {
    List<OpenModel.Given> given = new ArrayList<>();
    Set<Dim> seen = new LinkedHashSet<>();
    for (int tensor = 0; tensor < inputs.size(); tensor++) {
      List<Dim> shape = inputs.get(tensor).type().shape();
      for (int axis = 0; axis < shape.size(); axis++) {
        if (shape.get(axis) instanceof Dim.Symbol symbol && seen.add(symbol)) {
          given.add(new OpenModel.Given(symbol, tensor, axis));
        }
      }
    }
    return given;
  }

  /** The symbols that steps of the run give their numbers. */
  private List<OpenModel.Given> decided() {
    List<OpenModel.Given> given = new ArrayList<>();
    for (KernelUse use : plan.uses()) {
      if (!ExecutionPlan.decided(use).isEmpty()) {
        Attributes attributes = use.host().orElseThrow().attributes();
        List<Dim> values = SizesOfRun.values(attributes);
        for (int i = 0; i < values.size(); i++) {
          if (values.get(i) instanceof Dim.Symbol symbol) {
            given.add(OpenModel.Given.decided(symbol, SizesOfRun.stage(attributes), i));
          }
        }
      }
    }
    return given;
  }

  private List<OpenModel.Check> checks() {
    Set<OpenModel.Check> checks = new LinkedHashSet<>();
    for (SizeAssumption assumption : SizeAssumption.of(main)) {
      checks.add(
          assumption.isNatural()
              ? OpenModel.Check.natural(assumption.right())
              : OpenModel.Check.equal(assumption.left(), assumption.right()));
    }
    plan.uses().stream()
        .flatMap(use -> use.outputs().stream())
        .map(Result::type)
        .flatMap(type -> type.shape().stream())
        .filter(size -> SizeRange.of(size).least() < 0)
        .forEach(size -> checks.add(OpenModel.Check.natural(size)));
    return List.copyOf(checks);
  }
}
