package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Rfactor;
import org.jtvmc.schedule.step.Split;

/**
 * A long reduction to fewer results than a GPU has multiprocessors, such as the sum of a whole
 * tensor, in two launches: blocks reduce parts, and one more launch reduces their results.
 *
 * <pre>
 *   for r: out = out + in[r]
 *
 *   for r.0: for r.1: part[r.0] = part[r.0] + in[r]
 *   for r.0: out = out + part[r.0]
 * </pre>
 */
public final class FactorAcrossBlocks implements SketchRule {

  /** Elements of one result, below which one block is as fast as a second launch. */
  private static final long LEAST_LENGTH = 32 << 10;

  /** Elements that keep a block busy. */
  private static final long LEAST_PART = 4 << 10;

  @Override
  public boolean applies(SketchState state, Stage stage) {
    return stage.isReduction()
        && stage.isRoot()
        && stage.isFresh()
        && outputs(stage) < state.gpu().multiprocessors()
        && length(stage) >= LEAST_LENGTH
        && ReductionShape.of(state, stage).reduceLanes()
        && !BlockProduct.hasReuse(state, stage);
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    IterVar axis = divided(stage);
    List<Long> options = new ArrayList<>(List.of(1L));
    long preferred = 1;
    for (long parts = 2; parts <= axis.extent() && parts <= 1024; parts *= 2) {
      options.add(parts);
      boolean more = outputs(stage) * preferred < state.gpu().multiprocessors();
      preferred = more && length(stage) / parts >= LEAST_PART ? parts : preferred;
    }
    long parts = state.pick(stage.id() + ".parts", options, preferred);
    if (parts > 1) {
      state.apply(new Split(stage.id(), axis.id(), List.of(Math.ceilDiv(axis.extent(), parts))));
      state.apply(new Rfactor(stage.id(), axis.id() + ".0"));
      String partial = Rfactor.factorOf(stage.id());
      state.markScheduled(partial);
      reduce(state, state.stage(partial));
    }
    reduce(state, state.stage(stage.id()));
  }

  /** A few parts of one result are left to one thread. */
  private static void reduce(SketchState state, Stage stage) {
    Stream.of(new ReduceRowsTogether(), new BindThreads())
        .filter(rule -> rule.applies(state, stage))
        .findFirst()
        .ifPresent(rule -> rule.apply(state, stage));
  }

  /** The longest reduce axis; that along which rows lie only where there is no other. */
  private static IterVar divided(Stage stage) {
    List<IterVar> axes =
        stage.axes().stream().filter(axis -> axis.isReduce() && axis.extent() > 1).toList();
    List<IterVar> outer = axes.size() > 1 ? axes.subList(0, axes.size() - 1) : axes;
    return outer.stream().max(Comparator.comparingLong(IterVar::extent)).orElseThrow();
  }

  private static long outputs(Stage stage) {
    return product(stage.op().axes());
  }

  private static long length(Stage stage) {
    return product(stage.op().reduceAxes());
  }

  private static long product(List<Axis> axes) {
    return axes.stream().mapToLong(Axis::size).reduce(1, (a, b) -> a * b);
  }
}
