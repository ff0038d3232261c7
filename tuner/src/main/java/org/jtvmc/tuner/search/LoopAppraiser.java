package org.jtvmc.tuner.search;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tuner.draft.DraftModel;
import org.jtvmc.tuner.draft.MachineFeatures;
import org.jtvmc.tuner.feature.LoopAnalysis;
import org.jtvmc.tuner.measure.wire.LoopDigest;

/** Lowers a candidate and looks at its loops. */
public final class LoopAppraiser implements Appraiser {
  private final ComputeDag dag;
  private final DraftModel draft;
  private final MachineFeatures features;
  private final AtomicInteger rejected = new AtomicInteger();
  private final AtomicReference<String> firstRejection = new AtomicReference<>();

  public LoopAppraiser(ComputeDag dag, Target target) {
    this.dag = dag;
    this.draft = DraftModel.of(target);
    this.features = relativeToDefault(dag, target);
  }

  /** Features that compare with the default schedule, if there is one that can be lowered. */
  public static MachineFeatures relativeToDefault(ComputeDag dag, Target target) {
    MachineFeatures plain = new MachineFeatures(target);
    try {
      Schedule schedule = DesignSpace.of(dag, target).defaultCandidate().schedule();
      return plain.relativeTo(LoopAnalysis.of(Lowering.lower(schedule, "default").func()));
    } catch (ScheduleException _) {
      return plain;
    }
  }

  @Override
  public Optional<Appraisal> appraise(Candidate candidate) {
    try {
      Schedule schedule = candidate.schedule(dag);
      LoweredKernel kernel = Lowering.lower(schedule, "candidate");
      LoopAnalysis loops = LoopAnalysis.of(kernel.func());
      return Optional.of(
          new Appraisal(features.extract(loops), draft.estimateMs(loops), LoopDigest.of(kernel)));
    } catch (RuntimeException e) {
      rejected.incrementAndGet();
      firstRejection.compareAndSet(null, String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  /** How many candidates could not be lowered. */
  public int rejected() {
    return rejected.get();
  }

  /** Why the first of them could not be. */
  public Optional<String> firstRejection() {
    return Optional.ofNullable(firstRejection.get());
  }
}
