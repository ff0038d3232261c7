package org.jtvmc.schedule.space.rule;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.arith.VarRanges;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchState;

/**
 * A stage that takes the factors of a product on tensor cores from places that do not lie in lines,
 * as a convolution's windows do. Each block makes its part in shared memory, once.
 *
 * @param source what it reads
 */
record GatheredOperand(Stage stage, Access source) {
  private static final long ACCESS_BYTES = 16;

  /** Instructions that move one element alone: most of them compute where it lies. */
  private static final double INSTRUCTIONS = 25;

  /** The stage as such an operand; empty where it is none. */
  static Optional<GatheredOperand> of(SketchState state, Stage stage) {
    List<Access> sources = Access.of(state.schedule(), stage).stream().distinct().toList();
    List<Stage> readers = state.readers(stage);
    boolean gathers =
        sources.size() == 1
            && !stage.isReduction()
            && !stage.isOutput()
            && !sources.getFirst().isLinearIn(stage.op().axes())
            && readers.size() == 1
            && BlockProduct.hasReuse(state, readers.getFirst())
            && BlockProduct.of(state, readers.getFirst()).isForCores(state.gpu());
    return gathers ? Optional.of(new GatheredOperand(stage, sources.getFirst())) : Optional.empty();
  }

  /** The operand that a product reads, where it is such a one, and no constant. */
  static Optional<GatheredOperand> of(SketchState state, Tensor operand) {
    return operand.constantSource().isPresent()
        ? Optional.empty()
        : state.schedule().stageOf(operand).flatMap(stage -> of(state, stage));
  }

  /** True where elements lie side by side in runs that are moved as a whole. */
  boolean isInRuns() {
    List<Axis> axes = stage.op().axes();
    long unit = ACCESS_BYTES / source.tensor().dtype().bytes();
    PrimVar along = axes.getLast().var();
    long first = place(Map.of());
    for (long i = 1; i < unit; i++) {
      if (place(Map.of(along, i)) != first + i) {
        return false;
      }
    }
    return axes.stream()
        .allMatch(
            axis ->
                axis.size() == 1
                    || (place(Map.of(axis.var(), axis.var() == along ? unit : 1)) - first) % unit
                        == 0);
  }

  /** Where the element lies that is read for these values of axes, 0 for others. */
  private long place(Map<PrimVar, Long> values) {
    Map<PrimVar, PrimExpr> all = new HashMap<>();
    for (Axis axis : stage.op().axes()) {
      all.put(axis.var(), IntImm.of(values.getOrDefault(axis.var(), 0L)));
    }
    Simplifier simplifier = new Simplifier(new VarRanges());
    long place = 0;
    for (int dim = 0; dim < source.indices().size(); dim++) {
      PrimExpr index = simplifier.simplify(PrimExprs.substitute(source.indices().get(dim), all));
      long size = source.tensor().dim(dim) instanceof IntImm known ? known.value() : 1;
      place = place * size + (index instanceof IntImm number ? number.value() : 0);
    }
    return place;
  }

  /**
   * Cycles that all multiprocessors' units take to move the elements, where they are moved one by
   * one; what is moved in runs needs none of them.
   */
  double cycles(SketchState state) {
    double elements = isInRuns() ? 0 : 1;
    for (Axis axis : stage.op().axes()) {
      elements *= axis.size();
    }
    return elements * INSTRUCTIONS / state.gpu().fmaPerCycle() / state.gpu().multiprocessors();
  }
}
