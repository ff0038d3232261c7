package org.jtvmc.schedule.space.rule;

import java.util.List;
import java.util.stream.Stream;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Rfactor;
import org.jtvmc.schedule.step.Split;

/**
 * A long reduction to fewer outputs than there are threads to feed: parts of it are reduced side by
 * side, and their results are combined at the end.
 *
 * <pre>
 *   for r: out = out + in[r]
 *
 *   parallel for r.0: for r.1: part[r.0] = part[r.0] + in[r]
 *   for r.0: out = out + part[r.0]
 * </pre>
 */
public final class FactorReduction implements SketchRule {
  /** Parts for each core, so that one that is held up does not hold up all. */
  private static final long PARTS_PER_CORE = 4;

  private static final double LEAST_WORK = 200_000;

  @Override
  public boolean applies(SketchState state, Stage stage) {
    return stage.isReduction()
        && stage.isRoot()
        && stage.isFresh()
        && state.target().cores() > 1
        && outputs(stage) < PARTS_PER_CORE * state.target().cores()
        && ReductionShape.work(stage) >= LEAST_WORK
        && outermost(stage).extent() >= 2L * state.target().cores()
        && !ReductionShape.of(state, stage).isTileable();
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    IterVar axis = outermost(stage);
    long cores = state.target().cores();
    List<Long> options =
        Stream.of(
                1L,
                cores,
                PARTS_PER_CORE * cores,
                2 * PARTS_PER_CORE * cores,
                4 * PARTS_PER_CORE * cores)
            .filter(parts -> parts <= axis.extent())
            .toList();
    long wanted = options.contains(PARTS_PER_CORE * cores) ? PARTS_PER_CORE * cores : cores;
    long parts = state.pick(stage.id() + ".factor", options, wanted);
    if (parts > 1) {
      state.apply(new Split(stage.id(), axis.id(), List.of(Math.ceilDiv(axis.extent(), parts))));
      state.apply(
          new Rfactor(
              stage.id(), state.stage(stage.id()).leaves().get(stage.position(axis.id())).id()));
      String partial = Rfactor.factorOf(stage.id());
      state.markScheduled(partial);
      reduce(state, state.stage(partial));
    } else {
      reduce(state, stage);
    }
  }

  private static void reduce(SketchState state, Stage stage) {
    SketchRule lanes = new ReduceRows();
    SketchRule rule = lanes.applies(state, stage) ? lanes : new ReduceSerially();
    rule.apply(state, stage);
  }

  private static IterVar outermost(Stage stage) {
    return stage.axes().stream().filter(IterVar::isReduce).findFirst().orElseThrow();
  }

  private static double outputs(Stage stage) {
    return stage.axes().stream()
        .filter(axis -> !axis.isReduce())
        .mapToDouble(IterVar::extent)
        .reduce(1, (a, b) -> a * b);
  }
}
