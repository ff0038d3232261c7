package org.jtvmc.tuner.session;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import org.jtvmc.ir.target.Target;
import org.jtvmc.tuner.cost.CostModel;
import org.jtvmc.tuner.cost.CostModels;
import org.jtvmc.tuner.cost.Sample;
import org.jtvmc.tuner.measure.Deadline;
import org.jtvmc.tuner.measure.MeasureException;
import org.jtvmc.tuner.measure.MeasureResult;
import org.jtvmc.tuner.record.RecordKey;
import org.jtvmc.tuner.record.RecordStatus;
import org.jtvmc.tuner.record.RecordStore;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.search.SearchContext;
import org.jtvmc.tuner.search.SearchStrategies;
import org.jtvmc.tuner.task.TaskScheduler;
import org.jtvmc.tuner.task.TuningTask;

/**
 * Tunes some tasks for one target: the scheduler picks a task, its strategy proposes candidates,
 * the workbench measures them, every outcome is recorded at once and teaches the cost model. At the
 * end the best of each task are compared with each other again.
 */
public final class TuningSession {
  /** A first look at a task takes at most so many trials, before tasks are compared. */
  private static final int FIRST_BATCH = 4;

  private static final int SMALLEST_BATCH = 4;
  private static final int LARGEST_BATCH = 10;

  /** Rounds that each task should get on average. */
  private static final int ROUNDS = 4;

  /** After so many in a row a space counts as exhausted. */
  private static final int ROUNDS_WITHOUT_TRIAL = 4;

  /** A task that takes at most so many times what the machine's peaks allow is done. */
  private static final double NEAR_ROOFLINE = 1.05;

  /** Clocks and peaks vary by less than this. */
  private static final double BOUND_HOLDS_FROM = 0.7;

  private final Target target;
  private final TuningOptions options;
  private final RecordStore records;
  private final Workbench workbench;
  private final TuningListener listener;
  private final Clock clock;
  private final Recorder recorder;
  private final Set<RecordStatus> reported = EnumSet.noneOf(RecordStatus.class);
  private final Deadline whenStopped = Deadline.when(() -> this.stopped);
  private volatile boolean stopped;

  public TuningSession(
      Target target,
      TuningOptions options,
      RecordStore records,
      Workbench workbench,
      TuningListener listener) {
    this(target, options, records, workbench, listener, Clock.systemUTC());
  }

  TuningSession(
      Target target,
      TuningOptions options,
      RecordStore records,
      Workbench workbench,
      TuningListener listener,
      Clock clock) {
    this.target = target;
    this.options = options;
    this.records = records;
    this.workbench = workbench;
    this.listener = listener;
    this.clock = clock;
    this.recorder = new Recorder(target, options, records, clock);
  }

  /** Ends the session after the measurement that is running; from any thread. */
  public void stop() {
    stopped = true;
  }

  /**
   * Tunes until the budget is spent, nothing is left to try, or {@link #stop} is called.
   *
   * @throws IllegalArgumentException where the options name no strategy or cost model
   */
  public TuningReport run(List<TuningTask> tasks) {
    List<TaskTuning> states = new ArrayList<>();
    ComparisonPlan comparisons =
        new ComparisonPlan(
            Collections.unmodifiableList(states), workbench.measures(), workbench.runsTogether());
    TimePlan time =
        new TimePlan(
            clock, options.timeBudget(), comparisons, workbench.measurer()::secondsOfBuild);
    AttainableTimes attainable = new AttainableTimes(workbench, time);
    try (CostModel model = CostModels.create(options.costModel(), target, options.seed())) {
      for (TuningTask task : tasks) {
        states.add(begin(task, model));
      }
      search(states, model, time, attainable);
      if (workbench.measures()) {
        FinalComparison last =
            new FinalComparison(
                states, workbench, recorder, listener, comparisons, time, whenStopped);
        last.eachByItself();
        last.together();
      }
      records.sync();
      int trials = states.stream().mapToInt(TaskTuning::sessionTrials).sum();
      List<TaskReport> reports = states.stream().map(state -> report(state, attainable)).toList();
      return new TuningReport(options.seed(), time.elapsed(), trials, stopped, reports);
    }
  }

  /** The time is that of the schedule which a compilation would use. */
  private TaskReport report(TaskTuning state, AttainableTimes attainable) {
    RecordKey key = state.task().key(target);
    double bestMs = records.bestMs(key);
    double spread = records.best(key).map(r -> r.medianMs() / r.bestMs() - 1).orElse(0.0);
    // Finding out what the machine can do takes time, and says nothing of what was not timed.
    double attainableMs = Double.isInfinite(bestMs) ? 0 : attainable.ms(state.task());
    return state.report(bestMs, spread, attainableMs, workbench.rejected(state.task()));
  }

  private TaskTuning begin(TuningTask task, CostModel model) {
    SplittableRandom random = new SplittableRandom(options.seed() ^ task.workload().hashCode());
    SearchContext context =
        new SearchContext(
            task.workload(), workbench.space(task), workbench.appraiser(task), model, random);
    TaskTuning state =
        new TaskTuning(task, context, SearchStrategies.create(options.tuner(), context));
    if (options.resume()) {
      model.update(state.resume(records.of(task.key(target))));
    }
    return state;
  }

  private void search(
      List<TaskTuning> states, CostModel model, TimePlan time, AttainableTimes bounds) {
    TaskScheduler scheduler = new TaskScheduler(states.stream().map(s -> load(s.task())).toList());
    int resumed = states.stream().mapToInt(TaskTuning::trials).sum();
    int share = options.trials() / (ROUNDS * Math.max(1, states.size()));
    int left = options.trials() - resumed;
    while (left > 0 && !stopped && time.leftForSearch() > 0) {
      OptionalInt next = scheduler.next();
      if (next.isEmpty()) {
        return;
      }
      double since = time.seconds();
      TaskTuning state = states.get(next.getAsInt());
      boolean first = state.sessionTrials() == 0;
      List<Candidate> candidates =
          propose(state, Math.min(left, batch(first, share, time)), progress(left, time));
      int before = state.sessionTrials();
      if (candidates.isEmpty() || !measure(state, candidates, model, time)) {
        scheduler.finish(next.getAsInt());
        continue;
      }
      left -= state.sessionTrials() - before;
      scheduler.update(next.getAsInt(), state.bestMs());
      if (state.roundsWithoutTrial() >= ROUNDS_WITHOUT_TRIAL) {
        listener.message(
            "%s gets no more trials: %d rounds brought only code that was measured before"
                .formatted(state.task(), ROUNDS_WITHOUT_TRIAL));
        scheduler.finish(next.getAsInt());
      }
      double attainable = bounds.ms(state.task());
      // A kernel far below the bound does fewer operations than the bound counts, as a Winograd
      // convolution does: then the bound says nothing.
      if (state.bestMs() <= attainable * NEAR_ROOFLINE
          && state.bestMs() >= attainable * BOUND_HOLDS_FROM) {
        listener.message(
            "%s gets no more trials: its best takes %.4f ms, and the machine's peaks allow %.4f ms"
                .formatted(state.task(), state.bestMs(), attainable));
        scheduler.finish(next.getAsInt());
      }
      if (options.earlyStopping().isPresent()
          && state.sinceGain() >= options.earlyStopping().getAsInt()) {
        listener.message(
            "%s gets no more trials: nothing was gained in %d; its best takes %.4f ms%s"
                .formatted(
                    state.task(),
                    state.sinceGain(),
                    state.bestMs(),
                    attainable > 0 && state.bestMs() >= attainable * BOUND_HOLDS_FROM
                        ? ", and the machine's peaks allow %.4f ms".formatted(attainable)
                        : ""));
        scheduler.finish(next.getAsInt());
      }
      time.searchedSince(since, state.sessionTrials() - before);
      listener.progress(progress(states, state, left, time));
    }
  }

  private static TaskScheduler.Load load(TuningTask task) {
    return new TaskScheduler.Load(task.name(), task.weight(), task.flops());
  }

  /**
   * How many trials a task gets in a round. A first look is not shortened when time is: the default
   * schedule alone has nothing to be compared with.
   *
   * @param share of all trials for one of its rounds
   */
  private static int batch(boolean first, int share, TimePlan time) {
    if (first) {
      return Math.clamp(share, 1, FIRST_BATCH);
    }
    int affordable =
        (int) Math.clamp(time.leftForSearch() / time.secondsOfTrial(), 1, LARGEST_BATCH);
    return Math.min(affordable, Math.clamp(share, SMALLEST_BATCH, LARGEST_BATCH));
  }

  private double progress(int left, TimePlan time) {
    double byTrials = 1 - (double) left / options.trials();
    return Math.clamp(Math.max(byTrials, time.searched()), 0, 1);
  }

  /** A fault of a rule or of a user's strategy ends the search of its task, and no other. */
  private List<Candidate> propose(TaskTuning state, int count, double progress) {
    try {
      List<Candidate> proposed = state.strategy().propose(count, progress);
      if (proposed.isEmpty()) {
        listener.message(
            "%s gets no more trials: its search finds no schedule beside the %d tried"
                .formatted(state.task(), state.trials()));
      }
      return proposed;
    } catch (RuntimeException e) {
      listener.message(state.task() + " gets no more trials, for its search failed: " + e);
      return List.of();
    }
  }

  /** Measures one round; false where the task cannot be measured at all. */
  private boolean measure(
      TaskTuning state, List<Candidate> proposed, CostModel model, TimePlan time) {
    List<MeasureResult> results;
    double since = time.seconds();
    Deadline deadline = whenStopped.or(time.forSearch());
    try {
      results = workbench.measurer().measure(state.task(), proposed, state.bestMs(), deadline);
    } catch (MeasureException e) {
      listener.message(state.task() + " is left as it is: " + e.getMessage());
      return false;
    }
    time.measuredSince(since, results.size());
    List<Candidate> candidates = proposed.subList(0, results.size());
    for (int k = 0; k < candidates.size(); k++) {
      MeasureResult result = results.get(k);
      if (result.status() != RecordStatus.OK && reported.add(result.status())) {
        listener.message(
            "%s: the first candidate to fail with %s: %s%n  %s"
                .formatted(
                    state.task(),
                    result.status().symbol(),
                    result.error(),
                    candidates.get(k).text()));
      }
      if (!result.repeated()) {
        recorder.trial(state.task(), candidates.get(k), result);
      }
    }
    List<Sample> samples = state.observe(candidates, results);
    model.update(samples);
    return true;
  }

  private TuningProgress progress(
      List<TaskTuning> states, TaskTuning state, int left, TimePlan time) {
    TuningTask task = state.task();
    double wanted = left * time.secondsOfTrial() + time.secondsOfComparisons();
    double remaining = Math.max(0, Math.min(wanted, time.left()));
    return new TuningProgress(
        task.id(),
        states.size(),
        task.name(),
        options.trials() - left,
        options.trials(),
        TaskReport.gflops(task.flops(), state.lastMs()),
        TaskReport.gflops(task.flops(), state.bestMs()),
        time.elapsed(),
        Optional.of(Duration.ofMillis((long) (remaining * 1e3))),
        modelMs(states));
  }

  private static OptionalDouble modelMs(List<TaskTuning> states) {
    double sum = 0;
    for (TaskTuning state : states) {
      sum += state.bestMs() * state.task().weight();
    }
    return Double.isInfinite(sum) ? OptionalDouble.empty() : OptionalDouble.of(sum);
  }
}
