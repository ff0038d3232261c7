package org.jtvmc.tuner.measure;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.tuner.measure.Runner.Effort;
import org.jtvmc.tuner.record.Conditions;
import org.jtvmc.tuner.record.DeviceClock;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.task.TuningTask;

/**
 * Lowers candidates, has a {@link Builder} compile them and a {@link Runner} run them. Candidates
 * that come to the same machine code are run once.
 */
public final class LoweringMeasurer implements Measurer {
  private static final int COMPARE_ROUNDS = 3;

  /** Where many are compared, they are near each other and the choice matters. */
  private static final int ROUNDS_OF_MANY = 7;

  private static final int MANY = 5;

  /** After so many turns those that are clearly slower than another have no part in the rest. */
  private static final int TURNS_OF_ALL = 3;

  private final Builder builder;
  private final Runner runner;
  private final Function<ComputeDag, MeasureTask> toTask;
  private final Map<String, MeasureTask> tasks = new HashMap<>();

  /** By workload, and then by the digest of the code. */
  private final Map<String, Map<String, MeasureResult>> measuredCode = new HashMap<>();

  /** Kernels differ: as many are remembered as the tasks of a large network have. */
  private final Pace building = new Pace(64);

  public LoweringMeasurer(Builder builder, Runner runner) {
    this(builder, runner, MeasureTask::of);
  }

  /**
   * @param toTask says what a computation's candidates are run on and compared with
   */
  public LoweringMeasurer(
      Builder builder, Runner runner, Function<ComputeDag, MeasureTask> toTask) {
    this.builder = builder;
    this.runner = runner;
    this.toTask = toTask;
  }

  @Override
  public List<MeasureResult> measure(
      TuningTask task, List<Candidate> candidates, double bestMs, Deadline deadline) {
    MeasureTask measured = measureTask(task);
    Map<String, MeasureResult> known =
        measuredCode.computeIfAbsent(task.workload(), _ -> new HashMap<>());
    List<MeasureResult> results = new ArrayList<>();
    double best = bestMs;
    for (BuildOutcome outcome : build(task, candidates, deadline)) {
      if (!results.isEmpty() && deadline.isOver()) {
        break;
      }
      MeasureResult result =
          switch (outcome) {
            case BuildOutcome.Failed(var status, var error) -> MeasureResult.failed(status, error);
            case BuildOutcome.Built(KernelCode code) -> {
              String digest = code.digest();
              MeasureResult before = known.get(digest);
              if (before != null) {
                yield before.again();
              }
              MeasureResult now = result(runner.run(measured, code, best, Effort.SEARCH));
              known.put(digest, now);
              yield now;
            }
          };
      best = Math.min(best, result.bestMs());
      results.add(result);
    }
    return results;
  }

  @Override
  public List<MeasureResult> compare(
      TuningTask task, List<Candidate> candidates, Deadline deadline) {
    MeasureTask measured = measureTask(task);
    List<BuildOutcome> outcomes = build(task, candidates, deadline);
    List<MeasureResult> results = new ArrayList<>();
    for (BuildOutcome outcome : outcomes) {
      results.add(
          outcome instanceof BuildOutcome.Failed(var status, var error)
              ? MeasureResult.failed(status, error)
              : MeasureResult.ok(List.of()));
    }
    int rounds = candidates.size() < MANY ? COMPARE_ROUNDS : ROUNDS_OF_MANY;
    for (int round = 0; round < rounds; round++) {
      List<MeasureResult> after = new ArrayList<>(results);
      double leaderMs = round < TURNS_OF_ALL ? Double.POSITIVE_INFINITY : slowestOfFastest(results);
      for (int turn = 0; turn < outcomes.size(); turn++) {
        if (deadline.isOver()) {
          // A turn that not all had part in would favour those that had.
          return round == 0 ? List.of() : results;
        }
        int k = round % 2 == 0 ? turn : outcomes.size() - 1 - turn;
        if (outcomes.get(k) instanceof BuildOutcome.Built(KernelCode code)
            && results.get(k).error().isEmpty()
            && results.get(k).timesMs().size() == round
            && !(results.get(k).bestMs() > leaderMs)) {
          RunOutcome run = runner.run(measured, code, Double.POSITIVE_INFINITY, Effort.COMPARE);
          after.set(k, joined(results.get(k), result(run)));
        }
      }
      results = after;
    }
    return results;
  }

  /** The slowest turn of the candidate whose median is least, of those that had part in all. */
  private static double slowestOfFastest(List<MeasureResult> results) {
    int turns = results.stream().mapToInt(result -> result.timesMs().size()).max().orElse(0);
    return results.stream()
        .filter(result -> result.timesMs().size() == turns)
        .min(Comparator.comparingDouble(MeasureResult::medianMs))
        .map(fastest -> Collections.max(fastest.timesMs()))
        .orElse(Double.POSITIVE_INFINITY);
  }

  @Override
  public double secondsOfBuild() {
    return building.secondsOfOne();
  }

  private static MeasureResult joined(MeasureResult before, MeasureResult now) {
    if (!now.error().isEmpty()) {
      return now;
    }
    List<Double> times = new ArrayList<>(before.timesMs());
    times.add(now.bestMs());
    return MeasureResult.ok(times, now.conditions());
  }

  private List<BuildOutcome> build(TuningTask task, List<Candidate> candidates, Deadline deadline) {
    builder.start();
    long start = System.nanoTime();
    List<BuildOutcome> outcomes = builder.build(sources(task, candidates), deadline);
    building.add((System.nanoTime() - start) / 1e9, outcomes.size());
    return outcomes;
  }

  /** The candidates as loops. */
  static List<KernelSource> sources(TuningTask task, List<Candidate> candidates) {
    List<KernelSource> sources = new ArrayList<>();
    for (Candidate candidate : candidates) {
      Schedule schedule = candidate.schedule(task.dag());
      sources.add(KernelSource.of(Lowering.lower(schedule, "candidate"), schedule.dag()));
    }
    return sources;
  }

  private MeasureTask measureTask(TuningTask task) {
    return tasks.computeIfAbsent(task.workload(), _ -> toTask.apply(task.dag()));
  }

  private static MeasureResult result(RunOutcome outcome) {
    return switch (outcome) {
      case RunOutcome.Timed(List<Double> times, Optional<DeviceClock> clock) ->
          MeasureResult.ok(times, Conditions.atClock(clock));
      case RunOutcome.Failed(var status, var error) -> MeasureResult.failed(status, error);
    };
  }
}
