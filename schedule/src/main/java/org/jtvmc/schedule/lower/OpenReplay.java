package org.jtvmc.schedule.lower;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.step.Pack;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Step;
import org.jtvmc.schedule.step.Vectorize;

/**
 * Schedules a computation whose sizes are known only at run time by the steps that were found for
 * its usual sizes. The tiles keep their sizes; their numbers follow the sizes. Two kinds of steps
 * ask for more than can be done then: a loop of any length is not carried out in one vector but in
 * many, and only what is known when the model is compiled is packed.
 */
public final class OpenReplay {
  /** The bytes of the vectors in which a loop is divided that was to be one. */
  private static final int VECTOR_BYTES = 64;

  private final ComputeDag dag;
  private final List<? extends Step> steps;

  /** The stages whose vectorised loops turned out to be of any length. */
  private final Set<String> divided = new HashSet<>();

  private OpenReplay(ComputeDag dag, List<? extends Step> steps) {
    this.dag = dag;
    this.steps = steps;
  }

  /**
   * The schedule.
   *
   * @param steps of {@link ComputeDag#atUsualSizes}
   * @throws org.jtvmc.schedule.ScheduleException where a step cannot be applied, or the schedule
   *     not be lowered
   */
  public static Schedule replay(ComputeDag dag, List<? extends Step> steps) {
    return dag.isOpen() ? new OpenReplay(dag, steps).run() : Schedule.replay(dag, steps);
  }

  private Schedule run() {
    while (true) {
      Schedule schedule = Schedule.of(dag);
      for (Step step : steps) {
        schedule = schedule.apply(adapted(schedule, step));
      }
      try {
        Lowering.lower(schedule, "trial");
        return schedule;
      } catch (OpenVectorException e) {
        if (!divided.add(e.stage())) {
          throw e;
        }
      }
    }
  }

  private List<Step> adapted(Schedule schedule, Step step) {
    return switch (step) {
      case Vectorize vectorize
          when divided.contains(vectorize.stage())
              && isOpen(schedule, vectorize.stage(), vectorize.axis()) -> {
        String stage = vectorize.stage();
        String axis = vectorize.axis();
        long lanes = VECTOR_BYTES / schedule.stage(stage).op().dtype().bytes();
        String prefix = axis.indexOf('+') < 0 ? axis : "(" + axis + ")";
        yield List.of(new Split(stage, axis, List.of(lanes)), new Vectorize(stage, prefix + ".1"));
      }
      case Pack pack when hasOpenOperand(schedule, pack) -> List.of();
      case Step other -> List.of(other);
    };
  }

  private static boolean isOpen(Schedule schedule, String stage, String axis) {
    Optional<IterVar> leaf = schedule.stage(stage).leaf(axis);
    return leaf.isPresent() && !(leaf.get().size() instanceof IntImm);
  }

  private static boolean hasOpenOperand(Schedule schedule, Pack pack) {
    for (PrimExpr size : schedule.tensor(pack.stage()).shape()) {
      if (!(size instanceof IntImm)) {
        return true;
      }
    }
    return false;
  }
}
