package org.jtvmc.schedule.space.rule;

import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.BodyCost;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Inline;

/**
 * Puts a stage without reduction in the place of its reads where that repeats no work worth
 * keeping: pure data movement always, cheap arithmetic unless a reduction reads each element many
 * times, dear functions only where each element is read once. Padding in front of a sliding window
 * is a decision; by default it is kept, so that the inner loops have no conditions, but where it is
 * read for one output channel only: then the copy costs more. What gathers the factors of tensor
 * cores is left to their shared memory.
 */
public final class InlineElementwise implements SketchRule {
  /**
   * Where every reader reads many neighbours, sums of many elements are not made again for each.
   */
  private static final long MOST_READS = 16;

  @Override
  public boolean applies(SketchState state, Stage stage) {
    if (stage.isOutput() || stage.isReduction()) {
      return false;
    }
    List<Stage> readers = state.readers(stage);
    BodyCost cost = BodyCost.of(Access.body(state.schedule(), stage));
    if ((cost.isDataMovement() || cost.isGuardedMovement())
        && state.isOnGpu()
        && GatheredOperand.of(state, stage).isPresent()) {
      return false;
    }
    if (cost.isDataMovement()) {
      return true;
    }
    if (cost.reads() > 1
        && cost.reads() * readsPerElement(state, stage) > MOST_READS
        && isRepeated(state, readers, stage)) {
      return false;
    }
    if (cost.isDear() && (readers.size() > 1 || readsPerElement(state, stage) > 1)) {
      return false;
    }
    for (Stage reader : readers) {
      if (reader.isReduction() && rereads(state, reader, stage)) {
        String preferred = isReadOnce(state, reader, stage) ? "yes" : "no";
        return cost.isGuardedMovement()
            && state.pick(stage.id() + ".inline", List.of("no", "yes"), preferred).equals("yes");
      }
    }
    return true;
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    state.apply(new Inline(stage.id()));
  }

  private static long readsPerElement(SketchState state, Stage stage) {
    return state.readers(stage).stream()
        .flatMap(reader -> Access.of(state.schedule(), reader).stream())
        .filter(access -> access.tensor() == stage.tensor())
        .distinct()
        .count();
  }

  /** True where the readers need an element of {@code stage} more than once. */
  private static boolean isRepeated(SketchState state, List<Stage> readers, Stage stage) {
    return readsPerElement(state, stage) > 1
        || readers.stream().anyMatch(reader -> rereads(state, reader, stage));
  }

  /** True where {@code reader} reads an element of {@code stage} for several of its outputs. */
  private static boolean rereads(SketchState state, Stage reader, Stage stage) {
    for (Access access : Access.of(state.schedule(), reader)) {
      if (access.tensor() != stage.tensor()) {
        continue;
      }
      for (Axis axis : reader.op().axes()) {
        if (axis.size() > 1 && !access.dependsOn(axis.var())) {
          return true;
        }
      }
      for (PrimExpr index : access.indices()) {
        if (isWindow(index, reader)) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * True where each output of {@code reader} reads elements of {@code stage} of its own, but for
   * those that its window shares with its neighbours': a depthwise convolution or pooling.
   */
  private static boolean isReadOnce(SketchState state, Stage reader, Stage stage) {
    return Access.of(state.schedule(), reader).stream()
        .filter(access -> access.tensor() == stage.tensor())
        .allMatch(access -> access.isReadOnce(reader.op().axes()));
  }

  private static boolean isWindow(PrimExpr index, Stage reader) {
    boolean spatial =
        reader.op().axes().stream()
            .anyMatch(a -> Access.coefficient(index, a.var()).orElse(1) != 0);
    boolean reduced =
        reader.op().reduceAxes().stream()
            .anyMatch(a -> Access.coefficient(index, a.var()).orElse(1) != 0);
    return spatial && reduced;
  }
}
