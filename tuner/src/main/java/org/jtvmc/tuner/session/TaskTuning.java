package org.jtvmc.tuner.session;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.tuner.cost.Sample;
import org.jtvmc.tuner.measure.MeasureResult;
import org.jtvmc.tuner.record.RecordStatus;
import org.jtvmc.tuner.record.TuningRecord;
import org.jtvmc.tuner.search.Appraisal;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.search.Observation;
import org.jtvmc.tuner.search.SearchContext;
import org.jtvmc.tuner.search.SearchStrategy;
import org.jtvmc.tuner.task.TuningTask;

/** The state of one task in a session. */
final class TaskTuning {
  private final TuningTask task;
  private final SearchContext context;
  private final SearchStrategy strategy;

  /** The best time of each candidate measured so far; infinite for failures. */
  private final Map<Candidate, Double> times = new LinkedHashMap<>();

  private final Map<RecordStatus, Integer> failures = new HashMap<>();

  /** Trials of which only the record is left: rules have changed since. */
  private final Set<String> foreign = new LinkedHashSet<>();

  private double foreignBestMs = Double.POSITIVE_INFINITY;
  private double lastMs = Double.POSITIVE_INFINITY;
  private int timed;
  private int sessionTrials;
  private int repeated;
  private int roundsWithoutTrial;
  private int sinceGain;

  TaskTuning(TuningTask task, SearchContext context, SearchStrategy strategy) {
    this.task = task;
    this.context = context;
    this.strategy = strategy;
  }

  TuningTask task() {
    return task;
  }

  SearchStrategy strategy() {
    return strategy;
  }

  /** Takes in earlier records; what they teach a cost model is returned. */
  List<Sample> resume(List<TuningRecord> records) {
    List<Observation> observations = new ArrayList<>();
    for (TuningRecord record : records) {
      if (!record.conditions().measured() || record.conditions().inNetwork()) {
        continue;
      }
      Optional<Candidate> candidate = replay(record);
      if (candidate.isPresent()) {
        times.merge(candidate.get(), record.bestMs(), Math::min);
        observations.add(new Observation(candidate.get(), record.bestMs()));
      } else {
        foreign.add(record.steps());
        foreignBestMs = Math.min(foreignBestMs, record.bestMs());
      }
    }
    timed = (int) times.values().stream().filter(Double::isFinite).count();
    strategy.observe(observations);
    return samples(observations);
  }

  /** The candidate of an earlier session; empty where today's rules do not lead to its steps. */
  private Optional<Candidate> replay(TuningRecord record) {
    try {
      Candidate candidate = context.space().replay(record.decisions());
      return Optional.of(candidate).filter(c -> c.text().equals(record.steps()));
    } catch (ScheduleException _) {
      return Optional.empty();
    }
  }

  /** Takes in measurements of this session; what they teach a cost model is returned. */
  List<Sample> observe(List<Candidate> candidates, List<MeasureResult> results) {
    double before = bestMs();
    List<Observation> observations = new ArrayList<>();
    for (int k = 0; k < candidates.size(); k++) {
      MeasureResult result = results.get(k);
      times.put(candidates.get(k), result.searchMs());
      observations.add(new Observation(candidates.get(k), result.searchMs()));
      if (result.status() != RecordStatus.OK && !result.repeated()) {
        failures.merge(result.status(), 1, Integer::sum);
      }
    }
    lastMs = results.stream().mapToDouble(MeasureResult::searchMs).min().orElse(lastMs);
    int again = (int) results.stream().filter(MeasureResult::repeated).count();
    int trials = results.size() - again;
    repeated += again;
    roundsWithoutTrial = trials == 0 ? roundsWithoutTrial + 1 : 0;
    sessionTrials += trials;
    sinceGain = bestMs() < before * 0.99 ? 0 : sinceGain + trials;
    timed = (int) times.values().stream().filter(Double::isFinite).count();
    strategy.observe(observations);
    return samples(observations);
  }

  private List<Sample> samples(List<Observation> observations) {
    List<Sample> samples = new ArrayList<>();
    for (Observation observation : observations) {
      Optional<Appraisal> appraisal = context.appraiser().appraise(observation.candidate());
      appraisal.ifPresent(
          a -> samples.add(new Sample(context.group(), a.features(), observation.timeMs())));
    }
    return samples;
  }

  /**
   * The fastest candidates that are at most {@code within} times as slow as the best, and the
   * default schedule, which a lucky measurement of another must not replace.
   */
  List<Candidate> finalists(int number, double within) {
    double limit = within * times.values().stream().min(Comparator.naturalOrder()).orElse(0.0);
    Set<Candidate> finalists = new LinkedHashSet<>();
    times.entrySet().stream()
        .filter(e -> e.getValue() <= limit && !Double.isInfinite(e.getValue()))
        .sorted(Map.Entry.comparingByValue())
        .limit(number)
        .forEach(e -> finalists.add(e.getKey()));
    Candidate byDefault = context.space().defaultCandidate();
    if (!Double.isInfinite(times.getOrDefault(byDefault, Double.POSITIVE_INFINITY))) {
      finalists.add(byDefault);
    }
    return List.copyOf(finalists);
  }

  /**
   * Schedules that may be the best in a network: the default, then the one that the records name,
   * then the fastest others that are at most {@code within} times as slow as the best. Empty where
   * the default fails, or today's rules do not lead to the one of the records.
   *
   * @param recorded its steps
   * @param number how many beside the default
   */
  List<Candidate> contenders(String recorded, int number, double within) {
    Set<Candidate> contenders = new LinkedHashSet<>();
    Candidate byDefault = context.space().defaultCandidate();
    Optional<Candidate> best =
        times.keySet().stream().filter(candidate -> candidate.text().equals(recorded)).findFirst();
    if (best.isEmpty() || Double.isInfinite(times.getOrDefault(byDefault, 0.0))) {
      return List.of();
    }
    contenders.add(byDefault);
    contenders.add(best.get());
    double limit = within * times.values().stream().min(Comparator.naturalOrder()).orElseThrow();
    times.entrySet().stream()
        .filter(e -> e.getValue() <= limit)
        .sorted(Map.Entry.comparingByValue())
        .forEach(
            e -> {
              if (contenders.size() <= number) {
                contenders.add(e.getKey());
              }
            });
    return List.copyOf(contenders);
  }

  /** The best time of a schedule that the rules no longer lead to; infinite where there is none. */
  double foreignBestMs() {
    return foreignBestMs;
  }

  double bestMs() {
    return times.values().stream().reduce(foreignBestMs, Math::min);
  }

  /** The best time of the last round. */
  double lastMs() {
    return lastMs;
  }

  /** Candidates of which a time is known. */
  int timed() {
    return timed;
  }

  /** Candidates that are at most {@code factor} times as slow as the best. */
  int timedWithin(double factor) {
    double limit = factor * times.values().stream().min(Comparator.naturalOrder()).orElse(0.0);
    return (int) times.values().stream().filter(ms -> Double.isFinite(ms) && ms <= limit).count();
  }

  /** Candidates whose machine code was no other's before. */
  int trials() {
    return times.size() - repeated + foreign.size();
  }

  /** How many rounds in a row brought nothing but machine code that was known. */
  int roundsWithoutTrial() {
    return roundsWithoutTrial;
  }

  int sessionTrials() {
    return sessionTrials;
  }

  /** Trials since the best time last improved by a hundredth. */
  int sinceGain() {
    return sinceGain;
  }

  TaskReport report(double reportedMs, double spread, double attainableMs, int rejected) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    counts.put("rejected", rejected);
    for (RecordStatus status : RecordStatus.values()) {
      if (status != RecordStatus.OK) {
        counts.put(status.symbol(), failures.getOrDefault(status, 0));
      }
    }
    return new TaskReport(
        task.id(),
        task.name(),
        task.workload(),
        task.weight(),
        task.flops(),
        trials(),
        reportedMs,
        bestMs(),
        spread,
        attainableMs,
        counts);
  }
}
