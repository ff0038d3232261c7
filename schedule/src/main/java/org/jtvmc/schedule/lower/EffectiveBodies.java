package org.jtvmc.schedule.lower;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.arith.VarRanges;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.Stage;

/**
 * What each stage computes once inlined stages stand in their readers and copies are read in place
 * of originals.
 *
 * <p>Bodies are simplified here, in terms of the operation's axes and their exact ranges: the loops
 * of an uneven split run beyond those, and would hide that a division is exact.
 */
final class EffectiveBodies {
  private final Map<Tensor, Stage> inlined = new IdentityHashMap<>();
  private final Map<Tensor, PrimExpr> inlinedBodies = new IdentityHashMap<>();
  private final Set<Tensor> inlinedTensors;
  private final ComputeDag dag;

  /** True where inlined stages compute and read what the computation says. */
  private final boolean plainlyInlined;

  /**
   * What a stage computes.
   *
   * @param reads of other stages and of inputs, each different one once
   */
  record Effective(PrimExpr body, List<Read> reads) {

    private static Effective of(PrimExpr body) {
      Set<Read> reads = new LinkedHashSet<>();
      PrimExprs.forEachObject(
          body,
          node -> {
            if (node instanceof Read read) {
              reads.add(read);
            }
          });
      return new Effective(body, List.copyOf(reads));
    }
  }

  /** What the effective body of a stage depends on that no step has changed. */
  private record Question(Tensor tensor, Set<Tensor> inlined) {}

  EffectiveBodies(Schedule schedule) {
    this.dag = schedule.dag();
    for (Stage stage : schedule.stages()) {
      if (stage.isInlined()) {
        inlined.put(stage.tensor(), stage);
      }
    }
    this.inlinedTensors = Set.copyOf(inlined.keySet());
    this.plainlyInlined = inlined.values().stream().allMatch(this::isPlain);
  }

  /** True where the stage computes and reads what the computation says. */
  private boolean isPlain(Stage stage) {
    return stage.op() == stage.tensor().op()
        && stage.redirects().isEmpty()
        && dag.has(stage.tensor());
  }

  Effective of(Stage stage) {
    return plainlyInlined && isPlain(stage)
        ? dag.findings()
            .answer(
                new Question(stage.tensor(), inlinedTensors),
                Effective.class,
                () -> Effective.of(simplified(stage)))
        : Effective.of(simplified(stage));
  }

  private PrimExpr simplified(Stage stage) {
    PrimExpr body = expanded(stage);
    VarRanges ranges = new VarRanges();
    Simplifier simplifier = new Simplifier(ranges);
    for (Axis axis : stage.op().axes()) {
      simplifier.below(axis.var(), axis.extent());
    }
    for (Axis axis : stage.op().reduceAxes()) {
      simplifier.below(axis.var(), axis.extent());
    }
    return simplifier.simplifyShared(body);
  }

  /** The body without reads of inlined stages. */
  private PrimExpr expanded(Stage stage) {
    PrimExpr body = stage.op().body();
    if (inlined.isEmpty() && stage.redirects().isEmpty()) {
      return body;
    }
    return PrimExprs.rewriteShared(
        body, node -> node instanceof Read read ? expandedRead(stage, read) : node);
  }

  private PrimExpr expandedRead(Stage reader, Read read) {
    if (reader.redirects().containsKey(read.tensor())) {
      return throughCopy(reader, read);
    }
    Stage producer = inlined.get(read.tensor());
    if (producer == null) {
      return read;
    }
    PrimExpr value = at(producer, read.indices());
    return reader.redirects().isEmpty()
        ? value
        : PrimExprs.rewriteShared(
            value, node -> node instanceof Read inner ? throughCopy(reader, inner) : node);
  }

  /** The element of the copy that {@code reader} has of the tensor read, if it has one. */
  private PrimExpr throughCopy(Stage reader, Read read) {
    Tensor copy = reader.redirects().get(read.tensor());
    if (copy == null) {
      return read;
    }
    Stage producer = inlined.get(copy);
    return producer == null ? new Read(copy, read.indices()) : at(producer, read.indices());
  }

  /** The expanded body of an inlined stage at an element. */
  private PrimExpr at(Stage stage, List<PrimExpr> indices) {
    PrimExpr body = inlinedBodies.get(stage.tensor());
    if (body == null) {
      body = expanded(stage);
      inlinedBodies.put(stage.tensor(), body);
    }
    ComputeOp op = stage.op();
    Map<PrimVar, PrimExpr> values = new HashMap<>();
    for (int i = 0; i < indices.size(); i++) {
      values.put(op.axes().get(i).var(), indices.get(i));
    }
    return PrimExprs.substituteShared(body, values);
  }
}
