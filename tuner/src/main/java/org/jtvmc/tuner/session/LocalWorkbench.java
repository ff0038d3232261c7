package org.jtvmc.tuner.session;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.tuner.measure.EstimatingMeasurer;
import org.jtvmc.tuner.measure.LoweringMeasurer;
import org.jtvmc.tuner.measure.MeasureTask;
import org.jtvmc.tuner.measure.Measurer;
import org.jtvmc.tuner.measure.worker.LocalWorker;
import org.jtvmc.tuner.measure.worker.WorkerLaunch;
import org.jtvmc.tuner.measure.worker.WorkerOptions;
import org.jtvmc.tuner.measure.worker.WorkerTarget;
import org.jtvmc.tuner.search.Appraiser;
import org.jtvmc.tuner.search.CandidateSpace;
import org.jtvmc.tuner.search.LoopAppraiser;
import org.jtvmc.tuner.search.ScheduleSpace;
import org.jtvmc.tuner.task.TuningTask;

/**
 * The real thing: the target's design space, measured in a worker process on this machine; or, for
 * a GPU that is elsewhere, built there and ranked by estimates.
 */
public final class LocalWorkbench implements Workbench {
  private final Target target;
  private final List<SketchRule> rules;
  private final LocalWorker worker;
  private final Measurer measurer;
  private final boolean measures;
  private final Map<String, LoopAppraiser> appraisers = new HashMap<>();
  private MachineBound bound;

  public LocalWorkbench(CpuTarget target, WorkerOptions options) {
    this(WorkerTarget.of(target), options, Optional.empty(), DesignSpace.rules(target));
  }

  /**
   * For a CPU.
   *
   * @param target with no GPU
   * @param launch a process started before, to measure in; closed by the caller
   * @param rules that span the space
   */
  public LocalWorkbench(
      WorkerTarget target,
      WorkerOptions options,
      Optional<WorkerLaunch> launch,
      List<SketchRule> rules) {
    this.target = target.host();
    this.rules = List.copyOf(rules);
    this.worker = new LocalWorker(target, options, launch);
    this.measurer = new LoweringMeasurer(worker, worker);
    this.measures = true;
  }

  /**
   * For a GPU.
   *
   * @param worker what builds and measures
   * @param launch a process started before, to build and measure in; closed by the caller
   * @param measures whether this machine has the GPU
   * @param rules that span the space
   */
  public LocalWorkbench(
      WorkerTarget worker,
      WorkerOptions options,
      Optional<WorkerLaunch> launch,
      boolean measures,
      List<SketchRule> rules) {
    this.target = worker.gpu().orElseThrow();
    this.rules = List.copyOf(rules);
    this.worker = new LocalWorker(worker, options, launch);
    this.measures = measures;
    this.measurer =
        measures
            ? new LoweringMeasurer(
                this.worker, this.worker, dag -> MeasureTask.of(dag, worker.host()))
            : new EstimatingMeasurer(this.worker, this::appraiser);
  }

  @Override
  public CandidateSpace space(TuningTask task) {
    return new ScheduleSpace(DesignSpace.of(task.dag(), target, rules));
  }

  @Override
  public Appraiser appraiser(TuningTask task) {
    return appraisers.computeIfAbsent(task.workload(), _ -> new LoopAppraiser(task.dag(), target));
  }

  @Override
  public int rejected(TuningTask task) {
    LoopAppraiser appraiser = appraisers.get(task.workload());
    return appraiser == null ? 0 : appraiser.rejected();
  }

  @Override
  public Measurer measurer() {
    return measurer;
  }

  @Override
  public boolean measures() {
    return measures;
  }

  @Override
  public double attainableMs(TuningTask task) {
    if (!(target instanceof CpuTarget cpu)) {
      return 0;
    }
    if (bound == null) {
      bound = new MachineBound(cpu);
    }
    return bound.attainableMs(task);
  }

  @Override
  public void close() {
    if (bound != null) {
      bound.close();
    }
    worker.close();
  }
}
