package org.jtvmc.schedule;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.te.BindSizes;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.PlaceholderOp;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Dim;

/**
 * The tensors that a kernel computes, and those it is given: what there is to schedule.
 *
 * <p>Immutable. Every tensor has a stable id, which is its operation's name, with {@code #2} and so
 * on behind it where an earlier tensor has that name already.
 */
public final class ComputeDag {
  private final List<Tensor> inputs;
  private final List<Tensor> outputs;
  private final List<Stage> stages;
  private final Map<Tensor, String> ids;
  private final Map<Tensor, List<Tensor>> consumers;
  private final String text;
  private final String hash;
  private final double flops;
  private final Strategies strategies;
  private final Findings findings;
  private final boolean open;

  /**
   * The ways to compute the same.
   *
   * @param own this one's name
   * @param others the rest by name, the inputs and outputs of each in the same order
   * @param onGpus those of the rest that are for GPUs alone
   * @param first the one that stands for all; null for itself
   */
  private record Strategies(
      String own, Map<String, ComputeDag> others, Set<String> onGpus, ComputeDag first) {
    static final Strategies NONE = new Strategies("default", Map.of(), Set.of(), null);
  }

  private ComputeDag(ComputeDag dag, Strategies strategies) {
    this.inputs = dag.inputs;
    this.outputs = dag.outputs;
    this.stages = dag.stages;
    this.ids = dag.ids;
    this.consumers = dag.consumers;
    this.text = dag.text;
    this.hash = dag.hash;
    this.flops = dag.flops;
    this.strategies = strategies;
    this.findings = dag.findings;
    this.open = dag.open;
  }

  private ComputeDag(List<Tensor> inputs, List<Tensor> outputs, List<Tensor> order) {
    this.strategies = Strategies.NONE;
    this.findings = new Findings();
    this.outputs = List.copyOf(outputs);
    this.ids = new HashMap<>();
    this.consumers = new HashMap<>();
    Map<String, Integer> copies = new HashMap<>();
    List<Tensor> allInputs = new ArrayList<>(inputs);
    Set<Tensor> known = new HashSet<>(inputs);
    for (Tensor tensor : order) {
      if (tensor.op() instanceof PlaceholderOp && known.add(tensor)) {
        allInputs.add(tensor);
      }
    }
    this.inputs = List.copyOf(allInputs);
    for (Tensor tensor : this.inputs) {
      ids.put(tensor, unique(tensor.name(), copies));
    }
    List<Stage> computed = new ArrayList<>();
    for (Tensor tensor : order) {
      if (tensor.op() instanceof ComputeOp op) {
        String id = unique(tensor.name(), copies);
        ids.put(tensor, id);
        Stage stage = Stage.of(id, tensor, op, outputs.contains(tensor));
        computed.add(stage);
        for (Tensor read : stage.reads()) {
          consumers.computeIfAbsent(read, _ -> new ArrayList<>()).add(tensor);
        }
      }
    }
    this.stages = List.copyOf(computed);
    this.text = WorkloadText.of(this);
    this.hash = WorkloadText.sha256(text);
    this.flops = FlopCount.of(this);
    this.open = stages.stream().anyMatch(stage -> isOpen(stage.op()));
  }

  /** The DAG behind {@code outputs}; its inputs in the order in which they are first read. */
  public static ComputeDag of(List<Tensor> outputs) {
    return of(List.of(), outputs);
  }

  /**
   * The DAG behind {@code outputs}, with {@code inputs} first among its inputs and in their order.
   *
   * @throws IllegalArgumentException where an input is computed or an output is not
   */
  public static ComputeDag of(List<Tensor> inputs, List<Tensor> outputs) {
    for (Tensor input : inputs) {
      if (!(input.op() instanceof PlaceholderOp)) {
        throw new IllegalArgumentException("input '" + input + "' is not a placeholder");
      }
    }
    for (Tensor output : outputs) {
      if (!(output.op() instanceof ComputeOp)) {
        throw new IllegalArgumentException("output '" + output + "' is not computed");
      }
    }
    return new ComputeDag(inputs, outputs, topologicalOrder(outputs));
  }

  private static List<Tensor> topologicalOrder(List<Tensor> outputs) {
    Map<Tensor, List<Tensor>> reads = new LinkedHashMap<>();
    Set<Tensor> placed = new HashSet<>();
    List<Tensor> order = new ArrayList<>();
    List<Tensor> stack = new ArrayList<>(outputs.reversed());
    while (!stack.isEmpty()) {
      Tensor tensor = stack.getLast();
      List<Tensor> inputs =
          reads.computeIfAbsent(
              tensor, t -> t.op() instanceof ComputeOp op ? List.copyOf(op.inputs()) : List.of());
      List<Tensor> missing = inputs.stream().filter(t -> !placed.contains(t)).toList();
      if (missing.isEmpty()) {
        stack.removeLast();
        if (placed.add(tensor)) {
          order.add(tensor);
        }
      } else {
        stack.addAll(missing.reversed());
      }
    }
    return order;
  }

  private static String unique(String name, Map<String, Integer> copies) {
    int copy = copies.merge(name, 1, Integer::sum);
    return copy == 1 ? name : name + "#" + copy;
  }

  /**
   * This computation with other algorithms that give the same results.
   *
   * @param own the name of this one
   * @param others by name; their inputs and outputs are this one's, in the same order
   * @param onGpus the names of those that are for GPUs alone
   */
  public ComputeDag withStrategies(String own, Map<String, ComputeDag> others, Set<String> onGpus) {
    return new ComputeDag(
        this, new Strategies(own, new LinkedHashMap<>(others), Set.copyOf(onGpus), null));
  }

  /** What its schedules have in common. */
  public Findings findings() {
    return findings;
  }

  /** True where {@code tensor} is one of the inputs, or computed, and not made by a schedule. */
  public boolean has(Tensor tensor) {
    return ids.containsKey(tensor);
  }

  /** True where a size is known only at run time. */
  public boolean isOpen() {
    return open;
  }

  private static boolean isOpen(ComputeOp op) {
    return Stream.concat(op.axes().stream(), op.reduceAxes().stream())
            .anyMatch(axis -> !(axis.extent() instanceof IntImm))
        || PrimExprs.variables(op.body()).keySet().stream()
            .anyMatch(variable -> variable.symbol().isPresent());
  }

  /**
   * This computation for given sizes: with the same stages and loops, by the same names.
   *
   * @param sizes the number for every symbol
   */
  public ComputeDag bind(ToLongFunction<Dim.Symbol> sizes) {
    BindSizes binding = new BindSizes(sizes);
    ComputeDag dag =
        of(
            inputs.stream().map(binding::apply).toList(),
            outputs.stream().map(binding::apply).toList());
    if (strategies.others.isEmpty()) {
      return dag;
    }
    Map<String, ComputeDag> others = new LinkedHashMap<>();
    strategies.others.forEach((name, other) -> others.put(name, other.bind(sizes)));
    return dag.withStrategies(strategies.own, others, strategies.onGpus);
  }

  /** This computation for the usual sizes; itself where all are known. */
  public ComputeDag atUsualSizes() {
    return isOpen() ? bind(Dim.Symbol::usual) : this;
  }

  /** The names of the algorithms, this one's own first. */
  public List<String> strategies() {
    List<String> names = new ArrayList<>(List.of(strategies.own));
    names.addAll(strategies.others.keySet());
    return List.copyOf(names);
  }

  /** True where the algorithm of that name is for GPUs alone. */
  public boolean isOnGpus(String strategy) {
    return strategies.onGpus.contains(strategy);
  }

  /**
   * The computation by one of the {@link #strategies}; empty where there is none of that name. It
   * knows no strategies itself.
   */
  public Optional<ComputeDag> strategy(String name) {
    return name.equals(strategies.own)
        ? Optional.of(this)
        : Optional.ofNullable(strategies.others.get(name))
            .map(dag -> new ComputeDag(dag, new Strategies(name, Map.of(), Set.of(), this)));
  }

  /** The computation that stands for all its strategies: it gives the workload's hash. */
  public ComputeDag canonical() {
    return strategies.first == null ? this : strategies.first;
  }

  /** The placeholders, in the order of the kernel's parameters. */
  public List<Tensor> inputs() {
    return inputs;
  }

  /** The results, in the order of the kernel's parameters. */
  public List<Tensor> outputs() {
    return outputs;
  }

  /** The computed tensors as unscheduled stages, producers before consumers. */
  public List<Stage> stages() {
    return stages;
  }

  /** The stable id of an input or a computed tensor. */
  public String id(Tensor tensor) {
    String id = ids.get(tensor);
    if (id == null) {
      throw new IllegalArgumentException("tensor '" + tensor + "' is not part of this kernel");
    }
    return id;
  }

  /** The input or computed tensor named {@code id}. */
  public Tensor tensor(String id) {
    for (Map.Entry<Tensor, String> entry : ids.entrySet()) {
      if (entry.getValue().equals(id)) {
        return entry.getKey();
      }
    }
    throw new IllegalArgumentException("this kernel has no tensor '" + id + "'");
  }

  /** The tensors whose operations read {@code tensor}, in topological order. */
  public List<Tensor> consumers(Tensor tensor) {
    return List.copyOf(consumers.getOrDefault(tensor, List.of()));
  }

  /**
   * Operations on elements (not on indices) in one run: every arithmetic operation, comparison and
   * function counts one, a multiply-add therefore two.
   */
  public double flops() {
    return flops;
  }

  /**
   * The computation as text in which tensors and axes are numbered, so that two that differ in
   * names only have the same.
   */
  public String canonicalText() {
    return text;
  }

  /** SHA-256 of {@link #canonicalText}, in hexadecimal; the same on every machine. */
  public String workloadHash() {
    return hash;
  }

  @Override
  public String toString() {
    return text;
  }
}
