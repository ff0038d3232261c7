package org.jtvmc.tuner.session;

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
  /** What the surroundings of a kernel can make up for. */
  private static final double CONTENDERS_WITHIN = 1.25;

  private final List<TaskTuning> states;
  private final Workbench workbench;
  private final Recorder recorder;
  private final TuningListener listener;
  private final ComparisonPlan plan;
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
      ComparisonPlan plan,
      TimePlan time,
      Deadline stopped) {
    this.states = states;
    this.workbench = workbench;
    this.recorder = recorder;
    this.listener = listener;
    this.plan = plan;
    this.time = time;
    this.stopped = stopped;
  }

  /**
   * Has the best candidates of each task that matters run in turn, and records the winner: those
   * first that matter most.
   */
  void eachByItself() {
    double secondsOfOne = time.secondsOfFinalist();
    List<TaskTuning> heaviestFirst =
        states.stream()
            .sorted(Comparator.comparingDouble(state -> -state.bestMs() * state.task().weight()))
            .toList();
    for (TaskTuning state : heaviestFirst) {
      int number = plan.finalists(state, time.onlyHeavyByThemselves());
      int affordable = (int) Math.min(number, time.leftForComparisons() / secondsOfOne - 1);
      if (stopped.isOver() || affordable < 1) {
        continue;
      }
      List<Candidate> finalists = state.finalists(affordable, ComparisonPlan.FINALISTS_WITHIN);
      if (finalists.size() < 2) {
        continue;
      }
      double before = time.seconds();
      compare(state.task(), finalists);
      secondsOfOne = (time.seconds() - before) / finalists.size();
    }
  }

  private void compare(TuningTask task, List<Candidate> finalists) {
    Deadline deadline = stopped.or(time.forComparisons());
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

  /** Chooses among the best of all tasks where they run together, and records the choice. */
  void together() {
    if (!workbench.runsTogether()) {
      return;
    }
    int contenders = Math.max(1, time.contenders());
    boolean affordable = time.contenders() > 0;
    List<Workbench.Finalists> finalists = new ArrayList<>();
    boolean undecided = false;
    for (TaskTuning state : states) {
      Optional<TuningRecord> best = recorder.best(state.task());
      List<Candidate> candidates =
          state.contenders(best.map(TuningRecord::steps).orElse(""), contenders, CONTENDERS_WITHIN);
      if (candidates.size() > 1) {
        // A session that was killed has left trials, and no choice.
        undecided |= state.sessionTrials() > 0 || !best.orElseThrow().conditions().inNetwork();
        finalists.add(new Workbench.Finalists(state.task(), candidates));
      }
    }
    if (stopped.isOver() || !undecided) {
      return;
    }
    if (!affordable) {
      listener.message(
          "the time budget is too short for comparing schedules in the whole network: each task has"
              + " the one that is fastest by itself");
      return;
    }
    Deadline deadline = stopped.or(time.forSession());
    try {
      for (Workbench.Choice choice : workbench.together(finalists, time.patience(), deadline)) {
        recorder.choice(choice.task(), choice.candidate(), choice.result());
      }
    } catch (MeasureException e) {
      listener.message("schedules are not compared in the whole network: " + e.getMessage());
    }
  }
}
