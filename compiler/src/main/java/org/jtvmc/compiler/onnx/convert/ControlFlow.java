package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jtvmc.compiler.onnx.NeedsValueException;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;

/**
 * If, Loop and Scan. Loops whose steps are known are written out, so that what a step computes of
 * its number is known too; steps that compute the same share their kernels.
 */
final class ControlFlow {

  /**
   * Loops of more steps are left to the run: a number in a file must not make us fill the memory.
   */
  private static final long MOST_STEPS = 4096;

  private ControlFlow() {}

  static List<Conversion> all() {
    return List.of(
        new Conversion("", "If", 1, ControlFlow::branch),
        new Conversion("", "Loop", 1, ControlFlow::loop),
        new Conversion("", "Scan", 8, ControlFlow::scanBatches)
            .limitedTo("no lengths of sequences before version 9"),
        new Conversion("", "Scan", 9, ControlFlow::scan));
  }

  private static List<Expr> branch(OnnxNode node) {
    if (node.known(0).isPresent()) {
      return node.inline(node.scalar(0, "a condition") != 0 ? "then_branch" : "else_branch");
    }
    Optional<List<Expr>> chosen =
        BranchesAtRunTime.isSmall(node) ? BranchesAtRunTime.chosen(node) : Optional.empty();
    return chosen.orElseGet(() -> BranchesAtRunTime.branch(node));
  }

  private static List<Expr> loop(OnnxNode node) {
    return node.runTime().orElse(() -> writtenOut(node), _ -> LoopsAtRunTime.loop(node));
  }

  /**
   * A loop whose number of steps is known, step by step: what steps compute of their numbers is
   * known then, too.
   */
  private static List<Expr> writtenOut(OnnxNode node) {
    long steps = node.has(0) ? (long) node.scalar(0, "a number of steps") : Long.MAX_VALUE;
    int carried = node.inputCount() - 2;
    List<Expr> values = new ArrayList<>(node.inputs(2));
    List<List<Expr>> collected = new ArrayList<>();
    Optional<Expr> condition = node.optional(1);
    for (long step = 0; step < steps; step++) {
      if (condition.isPresent() && !holds(node, condition.get())) {
        break;
      }
      if (step == MOST_STEPS || node.runTime().isLarge()) {
        throw new NeedsValueException(node.fault("takes many steps"), List.of());
      }
      List<Expr> arguments = new ArrayList<>();
      arguments.add(node.value(DType.I64, step));
      arguments.add(condition.orElseGet(() -> node.value(DType.BOOL, 1)));
      arguments.addAll(values);
      List<Expr> results = node.inline("body", arguments);
      condition = Optional.of(results.getFirst());
      values = new ArrayList<>(results.subList(1, 1 + carried));
      List<Expr> scanned = results.subList(1 + carried, results.size());
      for (int i = 0; i < scanned.size(); i++) {
        if (collected.size() <= i) {
          collected.add(new ArrayList<>());
        }
        collected.get(i).add(node.runTime().opened(scanned.get(i)));
      }
    }
    Composer c = new Composer(node);
    List<Expr> outputs = new ArrayList<>(values);
    for (List<Expr> parts : collected) {
      outputs.add(stacked(c, parts, 0));
    }
    if (outputs.size() < node.outputCount()) {
      throw new NeedsValueException(node.fault("collects results, but takes no step"), List.of());
    }
    return outputs;
  }

  private static boolean holds(OnnxNode node, Expr condition) {
    if (condition instanceof Constant(NDArray value)) {
      return value.getLong(0) != 0;
    }
    throw node.undetermined(condition, "a condition");
  }

  private static Expr stacked(Composer c, List<Expr> parts, int axis) {
    return c.concat(axis, parts.stream().map(part -> c.expandDims(part, axis)).toList());
  }

  private static List<Expr> scan(OnnxNode node) {
    List<Expr> inputs = node.inputs(0);
    return scan(node, inputs, scans(node, inputs));
  }

  private static int scans(OnnxNode node, List<Expr> inputs) {
    long scans = node.requiredInteger("num_scan_inputs");
    if (scans < 1 || scans > inputs.size()) {
      throw node.fault("scans %d of its %d inputs".formatted(scans, inputs.size()));
    }
    return (int) scans;
  }

  private static List<Expr> scan(OnnxNode node, List<Expr> inputs, int scans) {
    Composer c = new Composer(node);
    int carried = inputs.size() - scans;
    List<Long> axes = list(node, "scan_input_axes", scans);
    List<Long> directions = list(node, "scan_input_directions", scans);
    List<Expr> values = new ArrayList<>(inputs.subList(0, carried));
    List<Expr> sources = inputs.subList(carried, inputs.size());
    int first = node.axis(axes.getFirst(), c.rank(sources.getFirst()));
    Dim length = c.type(sources.getFirst()).dim(first);
    if (!length.isKnown() || length.value() > MOST_STEPS || node.runTime().isLarge()) {
      return ScansAtRunTime.scan(node, values, sources, length);
    }
    long steps = length.value();
    for (int i = 0; i < scans; i++) {
      Dim other = c.type(sources.get(i)).dim(node.axis(axes.get(i), c.rank(sources.get(i))));
      if (other.isKnown() && other.value() != steps) {
        throw node.fault("scans inputs of %d and of %d elements".formatted(steps, other.value()));
      }
    }
    List<List<Expr>> collected = new ArrayList<>();
    for (long step = 0; step < steps; step++) {
      List<Expr> arguments = new ArrayList<>(values);
      for (int i = 0; i < scans; i++) {
        int axis = node.axis(axes.get(i), c.rank(sources.get(i)));
        long at = directions.get(i) == 0 ? step : steps - 1 - step;
        arguments.add(c.squeeze(c.slice(sources.get(i), axis, at, at + 1), axis));
      }
      List<Expr> results = node.inline("body", arguments);
      values = new ArrayList<>(results.subList(0, carried));
      for (int i = carried; i < results.size(); i++) {
        if (collected.size() <= i - carried) {
          collected.add(new ArrayList<>());
        }
        collected.get(i - carried).add(results.get(i));
      }
    }
    List<Expr> outputs = new ArrayList<>(values);
    List<Long> outputAxes = list(node, "scan_output_axes", collected.size());
    List<Long> outputDirections = list(node, "scan_output_directions", collected.size());
    for (int i = 0; i < collected.size(); i++) {
      List<Expr> parts = collected.get(i);
      if (outputDirections.get(i) != 0) {
        parts = parts.reversed();
      }
      int rank = c.rank(parts.getFirst()) + 1;
      outputs.add(stacked(c, parts, node.axis(outputAxes.get(i), rank)));
    }
    return outputs;
  }

  /** Version 8 has a batch dimension first, and lengths that may be left out. */
  private static List<Expr> scanBatches(OnnxNode node) {
    if (node.has(0)) {
      throw node.fault("has lengths of its sequences, which is not supported");
    }
    Composer c = new Composer(node);
    List<Expr> inputs = node.inputs(1);
    int scans = scans(node, inputs);
    long batch = c.size(inputs.getFirst(), 0);
    List<List<Expr>> results = new ArrayList<>();
    for (long b = 0; b < batch; b++) {
      long at = b;
      List<Expr> own =
          inputs.stream().map(input -> c.squeeze(c.slice(input, 0, at, at + 1), 0)).toList();
      results.add(scan(node, own, scans));
    }
    List<Expr> outputs = new ArrayList<>();
    for (int i = 0; i < results.getFirst().size(); i++) {
      int output = i;
      outputs.add(stacked(c, results.stream().map(result -> result.get(output)).toList(), 0));
    }
    return outputs;
  }

  static List<Long> list(OnnxNode node, String name, int count) {
    return node.integers(name)
        .filter(values -> values.size() == count)
        .orElse(Collections.nCopies(count, 0L));
  }
}
