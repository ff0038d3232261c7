package org.jtvmc.tuner.session;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import org.jtvmc.ir.target.Target;
import org.jtvmc.tuner.cost.CostModel;
import org.jtvmc.tuner.cost.CostModels;
import org.jtvmc.tuner.cost.Sample;
import org.jtvmc.tuner.measure.MeasureException;
import org.jtvmc.tuner.measure.MeasureResult;
import org.jtvmc.tuner.record.RecordKey;
import org.jtvmc.tuner.record.RecordStatus;
import org.jtvmc.tuner.record.RecordStore;
import org.jtvmc.tuner.record.TuningRecord;
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

  private static final int FINALISTS = 3;

  /** Noise picks among many near the best: where it matters most, more of them are compared. */
  private static final int FINALISTS_OF_HEAVY = 8;

  private static final double HEAVY_SHARE = 0.2;
  private static final double FINALISTS_WITHIN = 1.1;

  /** After so many in a row a space counts as exhausted. */
  private static final int ROUNDS_WITHOUT_TRIAL = 4;

  /** A task that takes at most so many times what the machine's peaks allow is done. */
  private static final double NEAR_ROOFLINE = 1.05;

  /** Clocks and peaks vary by less than this. */
  private static final double BOUND_HOLDS_FROM = 0.7;

  /** Tasks with a smaller share of the model's time are not worth a comparison. */
  private static final double COMPARED_SHARE = 0.01;

  /** The rest of the time that comparing a schedule takes is measuring. */
  private static final double BUILDING_PART = 0.5;

  /** Schedules of a task that are compared in the whole network, beside the default. */
  private static final int CONTENDERS = 3;

  /** What the surroundings of a kernel can make up for. */
  private static final double CONTENDERS_WITHIN = 1.25;

  /** The comparison in the whole network takes so small a part of the time. */
  private static final int TOGETHER_PART = 10;

  private static final Duration LEAST_TOGETHER = Duration.ofSeconds(2);
  private static final Duration MOST_TOGETHER = Duration.ofSeconds(10);

  private final Target target;
  private final TuningOptions options;
  private final RecordStore records;
  private final Workbench workbench;
  private final TuningListener listener;
  private final Clock clock;
  private final Set<RecordStatus> reported = EnumSet.noneOf(RecordStatus.class);
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
    TimePlan time = TimePlan.from(clock, options.timeBudget(), tasks.size());
    try (CostModel model = CostModels.create(options.costModel(), target, options.seed())) {
      List<TaskTuning> states = new ArrayList<>();
      for (TuningTask task : tasks) {
        states.add(begin(task, model));
      }
      search(states, model, time);
      if (workbench.measures()) {
        double secondsOfOne = compare(states, time);
        compareTogether(states, time, secondsOfOne);
      }
      records.sync();
      int trials = states.stream().mapToInt(TaskTuning::sessionTrials).sum();
      List<TaskReport> reports = states.stream().map(this::report).toList();
      return new TuningReport(options.seed(), time.elapsed(), trials, stopped, reports);
    }
  }

  /** The time is that of the schedule which a compilation would use. */
  private TaskReport report(TaskTuning state) {
    RecordKey key = state.task().key(target);
    double bestMs = records.bestMs(key);
    double spread = records.best(key).map(r -> r.medianMs() / r.bestMs() - 1).orElse(0.0);
    return state.report(
        bestMs, spread, workbench.attainableMs(state.task()), workbench.rejected(state.task()));
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

  private void search(List<TaskTuning> states, CostModel model, TimePlan time) {
    TaskScheduler scheduler = new TaskScheduler(states.stream().map(s -> load(s.task())).toList());
    int resumed = states.stream().mapToInt(TaskTuning::trials).sum();
    int share = options.trials() / (ROUNDS * Math.max(1, states.size()));
    int left = options.trials() - resumed;
    while (left > 0 && !stopped && time.leftForSearch(secondsOfComparisons(states, time)) > 0) {
      OptionalInt next = scheduler.next();
      if (next.isEmpty()) {
        return;
      }
      TaskTuning state = states.get(next.getAsInt());
      boolean first = state.sessionTrials() == 0;
      int batch =
          first
              ? Math.clamp(share, 1, FIRST_BATCH)
              : Math.clamp(share, SMALLEST_BATCH, LARGEST_BATCH);
      batch = Math.min(batch, Math.min(left, affordable(states, time)));
      double progress = progress(left, time, secondsOfComparisons(states, time));
      List<Candidate> candidates = propose(state, batch, progress);
      int before = state.sessionTrials();
      if (candidates.isEmpty() || !measure(state, candidates, model)) {
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
      double attainable = workbench.attainableMs(state.task());
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
      listener.progress(progress(states, state, left, time));
    }
  }

  private static TaskScheduler.Load load(TuningTask task) {
    return new TaskScheduler.Load(task.name(), task.weight(), task.flops());
  }

  /** How many trials there is time for, at the pace so far; one at least. */
  private static int affordable(List<TaskTuning> states, TimePlan time) {
    double left = time.leftForSearch(secondsOfComparisons(states, time));
    return (int) Math.clamp(left / secondsOfTrial(states, time), 1, LARGEST_BATCH);
  }

  /** What comparing the best will take, by themselves and together, at the pace so far. */
  private static double secondsOfComparisons(List<TaskTuning> states, TimePlan time) {
    int finalists = time.network() ? FINALISTS * states.size() : FINALISTS_OF_HEAVY;
    return finalists * secondsOfTrial(states, time) + secondsTogether(states, time);
  }

  private static double secondsTogether(List<TaskTuning> states, TimePlan time) {
    double building = BUILDING_PART * secondsOfTrial(states, time);
    return time.network()
        ? (CONTENDERS + 1) * states.size() * building + patience(time).toNanos() / 1e9
        : 0;
  }

  /** How long schedules are measured in the whole network. */
  private static Duration patience(TimePlan time) {
    Duration share = time.elapsed().dividedBy(TOGETHER_PART);
    Duration patience = share.compareTo(LEAST_TOGETHER) < 0 ? LEAST_TOGETHER : share;
    return patience.compareTo(MOST_TOGETHER) > 0 ? MOST_TOGETHER : patience;
  }

  private static double secondsOfTrial(List<TaskTuning> states, TimePlan time) {
    int done = states.stream().mapToInt(TaskTuning::sessionTrials).sum();
    return Math.max(1e-6, time.seconds() / Math.max(1, done));
  }

  private double progress(int left, TimePlan time, double after) {
    double byTrials = 1 - (double) left / options.trials();
    return Math.clamp(Math.max(byTrials, time.searched(after)), 0, 1);
  }

  /** A fault of a rule or of a user's strategy ends the search of its task, and no other. */
  private List<Candidate> propose(TaskTuning state, int count, double progress) {
    try {
      return state.strategy().propose(count, progress);
    } catch (RuntimeException e) {
      listener.message(state.task() + " gets no more trials, for its search failed: " + e);
      return List.of();
    }
  }

  /** Measures one round; false where the task cannot be measured at all. */
  private boolean measure(TaskTuning state, List<Candidate> candidates, CostModel model) {
    List<MeasureResult> results;
    try {
      results = workbench.measurer().measure(state.task(), candidates, state.bestMs());
    } catch (MeasureException e) {
      listener.message(state.task() + " is left as it is: " + e.getMessage());
      return false;
    }
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
        records.append(record(state, candidates.get(k), result, false));
      }
    }
    List<Sample> samples = state.observe(candidates, results);
    model.update(samples);
    return true;
  }

  private TuningRecord record(
      TaskTuning state, Candidate candidate, MeasureResult result, boolean confirmed) {
    return new TuningRecord(
        state.task().key(target),
        state.task().name(),
        candidate.text(),
        candidate.decisions(),
        result.timesMs(),
        result.status(),
        result.error(),
        options.seed(),
        clock.instant(),
        options.compiler(),
        confirmed,
        result.conditions());
  }

  /**
   * Has the best candidates of each task that matters run in turn, and records the winner: while
   * there is time, those first that matter most.
   *
   * @return the seconds that one candidate took
   */
  private double compare(List<TaskTuning> states, TimePlan time) {
    double total = modelMs(states).orElse(0);
    double longest = 0;
    double seconds = 0;
    int compared = 0;
    List<TaskTuning> heaviestFirst =
        states.stream()
            .sorted(Comparator.comparingDouble(state -> -state.bestMs() * state.task().weight()))
            .toList();
    for (TaskTuning state : heaviestFirst) {
      double share = state.bestMs() * state.task().weight() / total;
      int number = share < HEAVY_SHARE ? FINALISTS : FINALISTS_OF_HEAVY;
      List<Candidate> finalists = state.finalists(number, FINALISTS_WITHIN);
      if (stopped
          || state.sessionTrials() == 0
          || finalists.size() < 2
          || state.foreignBestMs() < state.bestMs() * FINALISTS_WITHIN
          || share < COMPARED_SHARE
          || time.leftForComparisons(secondsTogether(states, time)) < longest) {
        continue;
      }
      double before = time.seconds();
      confirm(state, finalists);
      double took = time.seconds() - before;
      longest = Math.max(longest, took);
      seconds += took;
      compared += finalists.size();
    }
    return compared == 0 ? secondsOfTrial(states, time) : seconds / compared;
  }

  private void confirm(TaskTuning state, List<Candidate> finalists) {
    try {
      List<MeasureResult> results = workbench.measurer().compare(state.task(), finalists);
      int winner = 0;
      for (int k = 1; k < results.size(); k++) {
        // The least of all times is that of the moment with the highest clock.
        winner = results.get(k).medianMs() < results.get(winner).medianMs() ? k : winner;
      }
      if (results.get(winner).status() == RecordStatus.OK) {
        records.append(record(state, finalists.get(winner), results.get(winner), true));
      }
    } catch (MeasureException e) {
      listener.message(state.task() + ": the best are not compared: " + e.getMessage());
    }
  }

  /**
   * Chooses among the best of all tasks where they run together, and records the choice.
   *
   * @param secondsOfOne what building one schedule of a task and comparing it by itself took
   */
  private void compareTogether(List<TaskTuning> states, TimePlan time, double secondsOfOne) {
    Map<TuningTask, TaskTuning> several = new LinkedHashMap<>();
    List<Workbench.Finalists> finalists = new ArrayList<>();
    boolean undecided = false;
    for (TaskTuning state : states) {
      Optional<TuningRecord> best = records.best(state.task().key(target));
      List<Candidate> candidates =
          state.contenders(best.map(TuningRecord::steps).orElse(""), CONTENDERS, CONTENDERS_WITHIN);
      if (candidates.size() > 1) {
        // A session that was killed has left trials, and no choice.
        undecided |= state.sessionTrials() > 0 || !best.orElseThrow().conditions().inNetwork();
        several.put(state.task(), state);
        finalists.add(new Workbench.Finalists(state.task(), candidates));
      }
    }
    if (stopped || !undecided) {
      return;
    }
    int schedules = finalists.stream().mapToInt(one -> one.candidates().size()).sum();
    double left = time.left() - schedules * secondsOfOne * BUILDING_PART;
    if (time.network() && left < LEAST_TOGETHER.toSeconds()) {
      listener.message(
          "the time budget is too short for comparing schedules in the whole network: each task has"
              + " the one that is fastest by itself");
      return;
    }
    Duration patience = patience(time);
    if (patience.toNanos() / 1e9 > left) {
      patience = Duration.ofMillis((long) (Math.max(0, left) * 1e3));
    }
    try {
      for (Workbench.Choice choice : workbench.together(finalists, patience)) {
        records.append(
            record(several.get(choice.task()), choice.candidate(), choice.result(), true));
      }
    } catch (MeasureException e) {
      listener.message("schedules are not compared in the whole network: " + e.getMessage());
    }
  }

  private TuningProgress progress(
      List<TaskTuning> states, TaskTuning state, int left, TimePlan time) {
    TuningTask task = state.task();
    // Comparing the best takes about as long for each of them as a trial.
    double trials = left + (workbench.measures() ? FINALISTS * states.size() : 0);
    double remaining = Math.max(0, Math.min(trials * secondsOfTrial(states, time), time.left()));
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
