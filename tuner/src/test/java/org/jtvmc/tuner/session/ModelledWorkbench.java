package org.jtvmc.tuner.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tuner.measure.Deadline;
import org.jtvmc.tuner.measure.Kernels;
import org.jtvmc.tuner.measure.MeasureResult;
import org.jtvmc.tuner.measure.Measurer;
import org.jtvmc.tuner.record.RecordStatus;
import org.jtvmc.tuner.record.RecordStore;
import org.jtvmc.tuner.record.TuningRecord;
import org.jtvmc.tuner.search.Appraisal;
import org.jtvmc.tuner.search.Appraiser;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.search.CandidateSpace;
import org.jtvmc.tuner.search.LoopAppraiser;
import org.jtvmc.tuner.search.ScheduleSpace;
import org.jtvmc.tuner.task.TuningTask;

/**
 * The real space of a kernel, whose candidates take the time that their text and the draft model
 * say: the same in every process.
 */
final class ModelledWorkbench implements Workbench, Measurer {
  private final CpuTarget target;

  ModelledWorkbench(CpuTarget target) {
    this.target = target;
  }

  /** Tunes a dense layer; prints what was measured, in its order. */
  public static void main(String[] args) {
    proposed(Long.parseLong(args[0])).forEach(System.out::println);
  }

  /** The schedules that a session with {@code seed} measures, in its order. */
  static List<String> proposed(long seed) {
    CpuTarget target = Kernels.host();
    TuningTask task = new TuningTask(0, "dense", 1, Kernels.dense(128, 192, 96));
    try (RecordStore records = RecordStore.inMemory();
        Workbench workbench = new ModelledWorkbench(target)) {
      new TuningSession(
              target,
              TuningOptions.of(40, seed, "test"),
              records,
              workbench,
              TuningListener.silent())
          .run(List.of(task));
      return records.of(task.key(target)).stream().map(TuningRecord::steps).toList();
    }
  }

  @Override
  public CandidateSpace space(TuningTask task) {
    return new ScheduleSpace(DesignSpace.of(task.dag(), target));
  }

  @Override
  public Appraiser appraiser(TuningTask task) {
    return new LoopAppraiser(task.dag(), target);
  }

  @Override
  public int rejected(TuningTask task) {
    return 0;
  }

  @Override
  public Measurer measurer() {
    return this;
  }

  @Override
  public List<MeasureResult> measure(
      TuningTask task, List<Candidate> candidates, double bestMs, Deadline deadline) {
    List<MeasureResult> results = new ArrayList<>();
    for (Candidate candidate : candidates) {
      Optional<Appraisal> appraisal = appraiser(task).appraise(candidate);
      double factor = 1 + Math.floorMod(candidate.text().hashCode(), 1000) / 1000.0;
      results.add(
          appraisal
              .map(known -> MeasureResult.ok(List.of(known.draftMs() * factor)))
              .orElseGet(() -> MeasureResult.failed(RecordStatus.BUILD, "it cannot be lowered")));
    }
    return results;
  }

  @Override
  public List<MeasureResult> compare(
      TuningTask task, List<Candidate> candidates, Deadline deadline) {
    return measure(task, candidates, 0);
  }

  @Override
  public double secondsOfBuild() {
    return 0;
  }

  @Override
  public void close() {}
}
