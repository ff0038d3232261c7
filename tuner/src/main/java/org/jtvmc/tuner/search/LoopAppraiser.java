package org.jtvmc.tuner.search;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jtvmc.codegen.emit.StackDemand;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tuner.draft.MachineFeatures;
import org.jtvmc.tuner.feature.LoopAnalysis;
import org.jtvmc.tuner.measure.wire.LoopDigest;

/** Lowers a candidate and looks at its loops. */
public final class LoopAppraiser implements Appraiser {
  private final ComputeDag dag;
  private final boolean onCpu;
  private final MachineFeatures features;
  private final AtomicInteger rejected = new AtomicInteger();
  private final AtomicReference<String> firstRejection = new AtomicReference<>();

  public LoopAppraiser(ComputeDag dag, Target target) {
    this.dag = dag;
    this.onCpu = target instanceof CpuTarget;
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
      if (onCpu && StackDemand.isTooMuch(kernel.func())) {
        return rejected("its buffers do not fit a thread's stack");
      }
      LoopAnalysis loops = LoopAnalysis.of(kernel.func());
      MachineFeatures.Drafted drafted = features.drafted(loops);
      return Optional.of(new Appraisal(drafted.features(), drafted.ms(), LoopDigest.of(kernel)));
    } catch (RuntimeException e) {
      return rejected(String.valueOf(e.getMessage()));
    }
  }

  private Optional<Appraisal> rejected(String reason) {
    rejected.incrementAndGet();
    firstRejection.compareAndSet(null, reason);
    return Optional.empty();
  }

  /** How many candidates could not be lowered, or not be compiled. */
  public int rejected() {
    return rejected.get();
  }

  /** Why the first of them could not be. */
  public Optional<String> firstRejection() {
    return Optional.ofNullable(firstRejection.get());
  }
}
