package org.jtvmc.tuner.session;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.tuner.feature.ProgramFeatures;
import org.jtvmc.tuner.measure.Deadline;
import org.jtvmc.tuner.measure.MeasureException;
import org.jtvmc.tuner.measure.MeasureResult;
import org.jtvmc.tuner.measure.Measurer;
import org.jtvmc.tuner.record.RecordStatus;
import org.jtvmc.tuner.search.Appraisal;
import org.jtvmc.tuner.search.Appraiser;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.search.CandidateSpace;
import org.jtvmc.tuner.task.TuningTask;

/**
 * A space of five dimensions with eight values each, over which the time is a bowl with a ridge, as
 * much deeper as the task has operations. Some points are rejected, some fail.
 */
final class Surface implements Workbench, CandidateSpace, Measurer {
  static final int DIMENSIONS = 5;
  static final int VALUES = 8;
  static final int SECONDS_WHEN_BUSY = 4;
  static final double SECONDS_OF_BUILD = 0.5;
  private static final int[] OPTIMUM = {6, 2, 5, 7, 1};

  private final List<Candidate> measured = new ArrayList<>();
  private final Set<List<Integer>> code = new HashSet<>();
  private Instant now = Instant.EPOCH;
  private Instant busyFrom = Instant.MAX;
  private long starting;
  private boolean twins;
  private boolean broken;

  /** The shortest time of a task. */
  static double optimumMs(TuningTask task) {
    return timeMs(task, OPTIMUM);
  }

  private static double timeMs(TuningTask task, int[] point) {
    double distance = 0;
    for (int d = 0; d < DIMENSIONS; d++) {
      distance += Math.abs(point[d] - OPTIMUM[d]) * (d + 1) / 4.0;
    }
    double ridge = (point[0] + point[3]) % 2 == 0 ? 0.5 : 0;
    return task.flops() / 1e6 * (1 + distance + ridge);
  }

  private static Candidate candidate(int[] point) {
    Map<String, String> decisions = new HashMap<>();
    List<Long> factors = new ArrayList<>();
    for (int d = 0; d < DIMENSIONS; d++) {
      decisions.put("d" + d, Integer.toString(point[d]));
      factors.add((long) point[d] + 1);
    }
    return new Candidate(List.of(new Split("s", "i", factors)), decisions);
  }

  private static int[] point(Candidate candidate) {
    return IntStream.range(0, DIMENSIONS)
        .map(d -> Integer.parseInt(candidate.decisions().get("d" + d)))
        .toArray();
  }

  /** The candidates in the order in which they were measured. */
  List<Candidate> measured() {
    return measured;
  }

  @Override
  public double secondsOfBuild() {
    return SECONDS_OF_BUILD;
  }

  /** From that moment on every measurement takes longer. */
  void makeBusyAfter(long seconds) {
    busyFrom = Instant.EPOCH.plusSeconds(seconds);
  }

  /** What is measured first takes so much longer: something is started for it. */
  void startSlowly(long seconds) {
    starting = seconds;
  }

  /** A clock by which every measurement takes a second. */
  Clock clock() {
    return new Clock() {
      @Override
      public Instant instant() {
        return now;
      }

      @Override
      public ZoneId getZone() {
        return ZoneOffset.UTC;
      }

      @Override
      public Clock withZone(ZoneId zone) {
        return this;
      }
    };
  }

  /** From now on values of the first dimension come in pairs of the same machine code. */
  void makeTwins() {
    twins = true;
  }

  private boolean isKnown(Candidate candidate) {
    int[] point = point(candidate);
    point[0] /= 2;
    return twins && !code.add(IntStream.of(point).boxed().toList());
  }

  /** From now on no task can be measured. */
  void breakDown() {
    broken = true;
  }

  @Override
  public CandidateSpace space(TuningTask task) {
    return this;
  }

  @Override
  public Appraiser appraiser(TuningTask task) {
    return candidate -> {
      int[] point = point(candidate);
      if (point[1] == 7) {
        return Optional.empty();
      }
      float[] features = new float[DIMENSIONS];
      for (int d = 0; d < DIMENSIONS; d++) {
        features[d] = point[d];
      }
      return Optional.of(
          new Appraisal(
              new ProgramFeatures(DIMENSIONS, features),
              1 + Math.abs(point[4] - OPTIMUM[4]),
              candidate.text()));
    };
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
    if (broken) {
      throw new MeasureException("nothing works today");
    }
    now = now.plusSeconds(starting);
    starting = 0;
    List<MeasureResult> results = new ArrayList<>();
    for (int k = 0; k < candidates.size() && (k == 0 || !deadline.isOver()); k++) {
      measured.add(candidates.get(k));
      MeasureResult result = compare(task, candidates.subList(k, k + 1)).getFirst();
      results.add(isKnown(candidates.get(k)) ? result.again() : result);
    }
    return results;
  }

  @Override
  public List<MeasureResult> compare(
      TuningTask task, List<Candidate> candidates, Deadline deadline) {
    List<MeasureResult> results = new ArrayList<>();
    for (Candidate candidate : candidates) {
      if (deadline.isOver()) {
        return List.of();
      }
      now = now.plusSeconds(now.isBefore(busyFrom) ? 1 : SECONDS_WHEN_BUSY);
      int[] point = point(candidate);
      results.add(
          point[2] == 0
              ? MeasureResult.failed(RecordStatus.WRONG_ANSWER, "element 0 is 1 and must be 2")
              : MeasureResult.ok(List.of(timeMs(task, point))));
    }
    return results;
  }

  @Override
  public Candidate defaultCandidate() {
    return candidate(new int[] {1, 1, 1, 1, 6});
  }

  @Override
  public Candidate random(RandomGenerator random) {
    return candidate(random.ints(DIMENSIONS, 0, VALUES).toArray());
  }

  @Override
  public Candidate mutate(Candidate parent, RandomGenerator random) {
    int[] point = point(parent);
    point[random.nextInt(DIMENSIONS)] = random.nextInt(VALUES);
    return candidate(point);
  }

  @Override
  public Optional<Candidate> crossover(Candidate left, Candidate right, RandomGenerator random) {
    int[] point = point(left);
    int[] other = point(right);
    for (int d = 0; d < DIMENSIONS; d++) {
      point[d] = random.nextBoolean() ? point[d] : other[d];
    }
    return Optional.of(candidate(point));
  }

  @Override
  public List<Candidate> neighbours(Candidate candidate) {
    List<Candidate> neighbours = new ArrayList<>();
    for (int d = 0; d < DIMENSIONS; d++) {
      for (int by : new int[] {-1, 1}) {
        int[] point = point(candidate);
        point[d] += by;
        if (point[d] >= 0 && point[d] < VALUES) {
          neighbours.add(candidate(point));
        }
      }
    }
    return neighbours;
  }

  @Override
  public Candidate replay(Map<String, String> decisions) {
    int[] point = new int[DIMENSIONS];
    for (int d = 0; d < DIMENSIONS; d++) {
      point[d] = Integer.parseInt(decisions.getOrDefault("d" + d, "0"));
    }
    return candidate(point);
  }

  @Override
  public Stream<Candidate> enumerate() {
    return IntStream.range(0, (int) Math.pow(VALUES, DIMENSIONS))
        .mapToObj(
            n -> {
              int[] point = new int[DIMENSIONS];
              for (int d = 0, rest = n; d < DIMENSIONS; d++, rest /= VALUES) {
                point[d] = rest % VALUES;
              }
              return candidate(point);
            });
  }

  @Override
  public void close() {}
}
