package org.jtvmc.tuner.session;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jtvmc.tuner.measure.Deadline;
import org.jtvmc.tuner.measure.MeasureException;
import org.jtvmc.tuner.measure.MeasureResult;
import org.jtvmc.tuner.record.RecordStatus;
import org.jtvmc.tuner.record.TuningRecord;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.task.TuningTask;

/**
 * The end of a session: the best of each task are compared with each other, and then those of all
 * tasks in the whole network; what wins is recorded. All while there is time, and no longer.
 */
final class FinalComparison {
  static final int FINALISTS = 3;

  /** Noise picks among many near the best: where it matters most, more of them are compared. */
  static final int FINALISTS_OF_HEAVY = 8;

  /** Schedules of a task that are compared in the whole network, beside the default. */
  static final int CONTENDERS = 3;

  private static final double HEAVY_SHARE = 0.2;
  private static final double FINALISTS_WITHIN = 1.1;

  /** Tasks with a smaller share of the model's time are not worth a comparison. */
  private static final double COMPARED_SHARE = 0.01;

  /** What the surroundings of a kernel can make up for. */
  private static final double CONTENDERS_WITHIN = 1.25;

  private final List<TaskTuning> states;
  private final Workbench workbench;
  private final Recorder recorder;
  private final TuningListener listener;
  private final TimePlan time;
  private final Deadline stopped;

  /**
   * @param stopped over when the session was told to end
   */
  FinalComparison(
      List<TaskTuning> states,
      Workbench workbench,
      Recorder recorder,
      TuningListener listener,
      TimePlan time,
      Deadline stopped) {
    this.states = states;
    this.workbench = workbench;
    this.recorder = recorder;
    this.listener = listener;
    this.time = time;
    this.stopped = stopped;
  }

  /**
   * Has the best candidates of each task that matters run in turn, and records the winner: those
   * first that matter most.
   *
   * @param modelMs the time of the whole model as it was measured
   */
  void eachByItself(double modelMs) {
    double secondsOfOne = time.secondsOfTrial();
    List<TaskTuning> heaviestFirst =
        states.stream()
            .sorted(Comparator.comparingDouble(state -> -state.bestMs() * state.task().weight()))
            .toList();
    for (TaskTuning state : heaviestFirst) {
      double share = state.bestMs() * state.task().weight() / modelMs;
      int number = share < HEAVY_SHARE ? FINALISTS : FINALISTS_OF_HEAVY;
      int affordable = (int) Math.min(number, time.leftForComparisons() / secondsOfOne - 1);
      if (stopped.isOver()
          || affordable < 1
          || state.sessionTrials() == 0
          || share < COMPARED_SHARE
          || state.foreignBestMs() < state.bestMs() * FINALISTS_WITHIN) {
        continue;
      }
      List<Candidate> finalists = state.finalists(affordable, FINALISTS_WITHIN);
      if (finalists.size() < 2) {
        continue;
      }
      double before = time.seconds();
      compare(state.task(), finalists);
      secondsOfOne = (time.seconds() - before) / finalists.size();
    }
  }

  private void compare(TuningTask task, List<Candidate> finalists) {
    Deadline deadline = until(time.forComparisons());
    try {
      List<MeasureResult> results = workbench.measurer().compare(task, finalists, deadline);
      int winner = winner(results);
      if (!results.isEmpty() && results.get(winner).status() == RecordStatus.OK) {
        recorder.choice(task, finalists.get(winner), results.get(winner));
      }
    } catch (MeasureException e) {
      listener.message(task + ": the best are not compared: " + e.getMessage());
    }
  }

  /** The least median of those that had part in all turns. */
  private static int winner(List<MeasureResult> results) {
    int winner = 0;
    for (int k = 1; k < results.size(); k++) {
      MeasureResult result = results.get(k);
      MeasureResult best = results.get(winner);
      int more = result.timesMs().size() - best.timesMs().size();
      // The least of all times is that of the moment with the highest clock.
      winner = more > 0 || (more == 0 && result.medianMs() < best.medianMs()) ? k : winner;
    }
    return winner;
  }

  private Deadline until(Deadline deadline) {
    return () -> stopped.isOver() || deadline.isOver();
  }

  /** Chooses among the best of all tasks where they run together, and records the choice. */
  void together() {
    List<Workbench.Finalists> finalists = new ArrayList<>();
    boolean undecided = false;
    for (TaskTuning state : states) {
      Optional<TuningRecord> best = recorder.best(state.task());
      List<Candidate> candidates =
          state.contenders(best.map(TuningRecord::steps).orElse(""), CONTENDERS, CONTENDERS_WITHIN);
      if (candidates.size() > 1) {
        // A session that was killed has left trials, and no choice.
        undecided |= state.sessionTrials() > 0 || !best.orElseThrow().conditions().inNetwork();
        finalists.add(new Workbench.Finalists(state.task(), candidates));
      }
    }
    if (stopped.isOver() || !undecided) {
      return;
    }
    int schedules = finalists.stream().mapToInt(one -> one.candidates().size()).sum();
    double left = time.left() - time.secondsOfBuilds(schedules);
    if (time.isNetworkInABudget() && left < TimePlan.LEAST_TOGETHER.toSeconds()) {
      listener.message(
          "the time budget is too short for comparing schedules in the whole network: each task has"
              + " the one that is fastest by itself");
      return;
    }
    Duration patience = time.patience();
    if (patience.toNanos() / 1e9 > left) {
      patience = Duration.ofMillis((long) (Math.max(0, left) * 1e3));
    }
    Deadline deadline = until(time.forSession());
    try {
      for (Workbench.Choice choice : workbench.together(finalists, patience, deadline)) {
        recorder.choice(choice.task(), choice.candidate(), choice.result());
      }
    } catch (MeasureException e) {
      listener.message("schedules are not compared in the whole network: " + e.getMessage());
    }
  }
}
