package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.BodyCost;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Fuse;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Vectorize;

/**
 * A stage without reduction at the root: the innermost axis goes into vectors (together with the
 * axes around it, where every operand lies in memory as the output does), the others among the
 * threads.
 */
public final class VectorizeElementwise implements SketchRule {
  /** Least number of instructions for which starting threads pays. */
  private static final double LEAST_PARALLEL_WORK = 60_000;

  @Override
  public boolean applies(SketchState state, Stage stage) {
    return !stage.isReduction() && stage.isRoot() && stage.isFresh() && !stage.axes().isEmpty();
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    String id = stage.id();
    List<Axis> axes = stage.op().axes();
    int first = firstContiguous(axes, Access.of(state.schedule(), stage));
    String inner = stage.axes().getLast().id();
    if (first < axes.size() - 1) {
      List<String> fused =
          stage.axes().subList(first, axes.size()).stream().map(IterVar::id).toList();
      Fuse fuse = new Fuse(id, fused);
      state.apply(fuse);
      inner = fuse.fused();
    }
    long extent = state.stage(id).leaf(inner).orElseThrow().extent();
    int lanes = state.target().lanes(stage.op().dtype().bytes());
    List<Long> widths = new ArrayList<>();
    for (long vectors = 1; vectors <= 8; vectors *= 2) {
      if (vectors == 1 || vectors * lanes <= extent) {
        widths.add(vectors * lanes);
      }
    }
    long width = state.pick(id + ".width", widths, preferredWidth(widths, extent));
    state.apply(new Split(id, inner, List.of(width)));
    List<IterVar> leaves = state.stage(id).leaves();
    String vector = leaves.getLast().id();
    state.apply(new Vectorize(id, vector));

    List<String> outer =
        leaves.subList(0, Math.max(1, leaves.size() - 1)).stream().map(IterVar::id).toList();
    BodyCost cost = BodyCost.of(Access.body(state.schedule(), stage));
    double elements = axes.stream().mapToDouble(Axis::size).reduce(1, (a, b) -> a * b);
    // A vector's worth of elements takes the instructions of one.
    boolean worthThreads = elements * Math.max(1, cost.instructions()) / 4 >= LEAST_PARALLEL_WORK;
    OuterLoops.parallelize(state, id, outer, worthThreads);
  }

  private static long preferredWidth(List<Long> widths, long extent) {
    long best = widths.getFirst();
    for (long width : widths) {
      if (extent % width == 0 && width <= 2 * widths.getFirst()) {
        best = width;
      }
    }
    return best;
  }

  /**
   * The outermost axis such that every operand either lies in memory as the output does from there
   * on inwards, or does not depend on those axes at all.
   */
  private static int firstContiguous(List<Axis> axes, List<Access> accesses) {
    int first = axes.size() - 1;
    long stride = axes.getLast().size();
    while (first > 0) {
      Axis axis = axes.get(first - 1);
      long wanted = stride;
      boolean fits =
          accesses.stream()
              .allMatch(
                  access -> {
                    long step = access.stride(axis.var()).orElse(-1);
                    long innermost = access.stride(axes.getLast().var()).orElse(-1);
                    return (step == wanted && innermost == 1) || (step == 0 && innermost == 0);
                  });
      if (!fits || wanted >= 1 << 14) {
        break;
      }
      stride *= axis.size();
      first--;
    }
    return first;
  }
}
