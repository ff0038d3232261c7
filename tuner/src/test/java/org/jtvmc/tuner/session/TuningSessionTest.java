package org.jtvmc.tuner.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jtvmc.tuner.measure.Deadline;
import org.jtvmc.tuner.measure.Kernels;
import org.jtvmc.tuner.measure.MeasureResult;
import org.jtvmc.tuner.record.Conditions;
import org.jtvmc.tuner.record.RecordStore;
import org.jtvmc.tuner.record.TuningRecord;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.search.Observation;
import org.jtvmc.tuner.search.SearchContext;
import org.jtvmc.tuner.search.SearchStrategy;
import org.jtvmc.tuner.task.TuningTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole search on a surface whose optimum is known, with no clock and no machine code. */
class TuningSessionTest {
  private final TuningTask small = new TuningTask(0, "dense", 1, Kernels.dense(8, 8, 8));
  private final TuningTask large = new TuningTask(1, "dense", 4, Kernels.dense(32, 32, 32));
  private final Surface surface = new Surface();
  private final List<String> messages = new ArrayList<>();
  private final List<TuningProgress> progress = new ArrayList<>();

  private final TuningListener listener =
      new TuningListener() {
        @Override
        public void progress(TuningProgress now) {
          progress.add(now);
        }

        @Override
        public void message(String text) {
          messages.add(text);
        }
      };

  private TuningReport tune(RecordStore store, TuningOptions options, TuningTask... tasks) {
    return session(store, options).run(List.of(tasks));
  }

  private TuningSession session(RecordStore store, TuningOptions options) {
    return new TuningSession(Kernels.host(), options, store, surface, listener);
  }

  private static TuningOptions with(String tuner, String model, int trials, long seed) {
    return new TuningOptions(
        trials, Optional.empty(), OptionalInt.empty(), tuner, model, seed, true, "test");
  }

  @Test
  void evolutionFindsTheBottomOfTheBowlAndChanceDoesNot() {
    double evolved = 0;
    double guessed = 0;
    for (long seed = 1; seed <= 5; seed++) {
      evolved +=
          tune(RecordStore.inMemory(), with("evolutionary", "xgboost", 120, seed), large)
              .tasks()
              .getFirst()
              .bestMs();
      guessed +=
          tune(RecordStore.inMemory(), with("random", "none", 120, seed), large)
              .tasks()
              .getFirst()
              .bestMs();
    }
    double optimum = 5 * Surface.optimumMs(large);
    assertTrue(evolved <= 1.1 * optimum, evolved + " against " + optimum);
    assertTrue(guessed > 1.5 * optimum, guessed + " against " + optimum);
  }

  @Test
  void theDefaultScheduleIsTrialZeroAndNothingIsMeasuredTwice() {
    for (String tuner : List.of("evolutionary", "random", "grid")) {
      surface.measured().clear();
      tune(RecordStore.inMemory(), with(tuner, "none", 40, 3), large);
      assertEquals(surface.defaultCandidate(), surface.measured().getFirst());
      assertEquals(40, new HashSet<>(surface.measured()).size());
    }
  }

  @Test
  void candidatesOfCodeThatWasMeasuredAreNoTrials() {
    surface.makeTwins();
    RecordStore records = RecordStore.inMemory();
    TuningReport report = tune(records, with("evolutionary", "xgboost", 80, 3), large);
    assertEquals(80, report.trials());
    assertEquals(80, report.tasks().getFirst().trials());
    assertTrue(surface.measured().size() > 80, "no two came to the same code");
    assertEquals(
        80, records.of(large.key(Kernels.host())).stream().filter(r -> !r.confirmed()).count());
  }

  private TuningReport tuneIn(Surface surface, TimeBudget budget) {
    return tuneIn(surface, surface, budget, List.of(small, large));
  }

  private TuningReport tuneIn(
      Surface surface, Workbench workbench, TimeBudget budget, List<TuningTask> tasks) {
    TuningOptions options =
        new TuningOptions(
            1000,
            Optional.of(budget),
            OptionalInt.empty(),
            "evolutionary",
            "none",
            1,
            true,
            "test");
    return new TuningSession(
            Kernels.host(), options, RecordStore.inMemory(), workbench, listener, surface.clock())
        .run(tasks);
  }

  /** Kernels of a network, each another one. */
  private static List<TuningTask> manyTasks() {
    return IntStream.range(0, 60)
        .mapToObj(k -> new TuningTask(k, "dense", 1, Kernels.dense(8, 8, 8 + k)))
        .toList();
  }

  /** A start that takes half of the budget says nothing of what trials take. */
  @Test
  void aSlowStartEndsNoSearch() {
    surface.startSlowly(30);
    TuningReport report =
        tuneIn(surface, surface, TimeBudget.of(Duration.ofSeconds(60)), manyTasks());
    assertTrue(report.trials() >= 12, report::toString);
    assertTrue(report.elapsed().toSeconds() >= 55, report::toString);
    assertTrue(report.elapsed().toSeconds() <= 60, report::toString);
  }

  /**
   * Sixty tasks, of which a few are reached: comparing those takes little, and the comparison in
   * the whole network, whose kernels take 30 seconds to build, does not fit at all.
   */
  @Test
  void noTimeIsKeptForComparisonsThatWillNotBe() {
    WhereDefaultsWin network = new WhereDefaultsWin();
    TuningReport report =
        tuneIn(surface, network, TimeBudget.of(Duration.ofSeconds(30)), manyTasks());
    assertEquals(List.of(), network.asked);
    assertTrue(report.trials() >= 0.6 * 30, report::toString);
    assertTrue(report.elapsed().toSeconds() >= 27, report::toString);
    assertTrue(report.elapsed().toSeconds() <= 30, report::toString);
  }

  /** Where all tasks' best meet in the network, the small ones are not compared before. */
  @Test
  void whereTimeIsShortSmallTasksAreComparedInTheNetworkAlone() {
    WhereDefaultsWin network = new WhereDefaultsWin();
    TuningReport report =
        tuneIn(surface, network, TimeBudget.of(Duration.ofSeconds(400)), manyTasks());
    assertTrue(network.asked.size() > 20, () -> messages + report.toString());
    long inTheSearch = surface.measured().size();
    assertEquals(inTheSearch, report.elapsed().toSeconds(), "seconds, all of them of the search");
    assertTrue(inTheSearch > 300, report::toString);
  }

  /** By a clock by which every measurement takes a second. */
  @Test
  void aSessionEndsWithItsTimeBudgetComparisonsIncluded() {
    for (int seconds : List.of(20, 60, 100, 200)) {
      progress.clear();
      TuningReport report = tuneIn(surface, TimeBudget.of(Duration.ofSeconds(seconds)));
      assertTrue(report.elapsed().toSeconds() <= seconds, report::toString);
      assertTrue(report.elapsed().toSeconds() >= 0.6 * seconds, report::toString);
      for (TuningProgress at : progress) {
        assertEquals(seconds, at.elapsed().plus(at.remaining().orElseThrow()).toSeconds(), 1);
      }
    }
  }

  /** Whenever the machine becomes slow, only what is running then ends late. */
  @Test
  void aMachineThatBecomesBusyMakesASessionLateByOneMeasurementAtMost() {
    for (int busyFrom : List.of(2, 20, 40, 45, 50, 58)) {
      Surface busy = new Surface();
      busy.makeBusyAfter(busyFrom);
      TuningReport report = tuneIn(busy, TimeBudget.of(Duration.ofSeconds(60)));
      assertTrue(
          report.elapsed().toSeconds() < 60 + Surface.SECONDS_WHEN_BUSY,
          () -> busyFrom + ": " + report);
      assertTrue(report.tasks().stream().allMatch(task -> Double.isFinite(task.bestMs())));
    }
  }

  /**
   * Six seconds of sixty were over, five of them for reading; building is taken for 1.75 times that
   * and 0.65 times what two kernels of the search take.
   */
  @Test
  void aSessionLeavesTimeForBuildingTheModel() {
    TimeBudget budget =
        new TimeBudget(Duration.ofSeconds(60), Duration.ofSeconds(6), Duration.ofSeconds(5), true);
    double most = 60 - 6 - (1.75 * 5 + 0.65 * 2 * Surface.SECONDS_OF_BUILD);
    TuningReport report = tuneIn(surface, budget);
    assertTrue(report.elapsed().toSeconds() <= most, report::toString);
    assertTrue(report.elapsed().toSeconds() >= 0.6 * most, report::toString);
  }

  /** Without a budget: what was said in the middle is near what it took. */
  @Test
  void theEstimateOfTheTimeLeftIsNearWhatItTakes() {
    TuningReport report =
        new TuningSession(
                Kernels.host(),
                with("evolutionary", "none", 200, 1),
                RecordStore.inMemory(),
                surface,
                listener,
                surface.clock())
            .run(List.of(small, large));
    TuningProgress middle = progress.get(progress.size() / 2);
    double expected = middle.elapsed().toSeconds() + middle.remaining().orElseThrow().toSeconds();
    assertEquals(report.elapsed().toSeconds(), expected, 0.1 * expected);
  }

  @Test
  void theSameSeedGivesTheSameSession() {
    tune(RecordStore.inMemory(), with("evolutionary", "xgboost", 60, 9), small, large);
    List<Candidate> first = List.copyOf(surface.measured());
    surface.measured().clear();
    tune(RecordStore.inMemory(), with("evolutionary", "xgboost", 60, 9), small, large);
    assertEquals(first, surface.measured());
  }

  @Test
  void mostTrialsGoWhereTheModelSpendsItsTime() {
    TuningReport report =
        tune(RecordStore.inMemory(), with("evolutionary", "xgboost", 100, 1), small, large);
    assertEquals(100, report.trials());
    assertTrue(
        report.tasks().get(1).trials() > 3 * report.tasks().get(0).trials(), report::toString);
  }

  @Test
  void aSecondSessionGoesOnWhereTheFirstEnded(@TempDir Path folder) {
    Path file = folder.resolve("records.jsonl");
    try (RecordStore store = RecordStore.open(file, messages::add)) {
      tune(store, with("evolutionary", "xgboost", 40, 1), large);
    }
    try (RecordStore store = RecordStore.open(file, messages::add)) {
      TuningReport done = tune(store, with("evolutionary", "xgboost", 40, 1), large);
      assertEquals(0, done.trials());
      assertEquals(40, done.tasks().getFirst().trials());
      TuningReport more = tune(store, with("evolutionary", "xgboost", 70, 2), large);
      assertEquals(30, more.trials());
      assertTrue(more.tasks().getFirst().bestMs() <= done.tasks().getFirst().bestMs());
    }
    assertEquals(70, new HashSet<>(surface.measured()).size());
  }

  @Test
  void aWinnerIsConfirmedAndFailuresAreCountedAndShownOnce() {
    try (RecordStore store = RecordStore.inMemory()) {
      TuningReport report = tune(store, with("random", "none", 80, 1), large);
      TuningRecord best = store.best(large.key(Kernels.host())).orElseThrow();
      assertTrue(best.confirmed());
      assertEquals(best.bestMs(), report.tasks().getFirst().bestMs());
      int wrong = report.tasks().getFirst().failures().get("wrong_answer");
      assertTrue(wrong > 2, report::toString);
      assertEquals(1, messages.size(), messages::toString);
      assertTrue(messages.getFirst().contains("element 0 is 1 and must be 2"));
    }
  }

  /** A workbench in whose network the default schedule is the best, whatever is fast by itself. */
  private final class WhereDefaultsWin extends DelegatingWorkbench {
    private final List<Finalists> asked = new ArrayList<>();

    WhereDefaultsWin() {
      super(surface);
    }

    @Override
    public boolean runsTogether() {
      return true;
    }

    @Override
    public List<Choice> together(List<Finalists> finalists, Duration patience, Deadline deadline) {
      asked.addAll(finalists);
      return finalists.stream()
          .map(
              one ->
                  new Choice(
                      one.task(),
                      one.candidates().getFirst(),
                      MeasureResult.ok(List.of(1e6), Conditions.IN_NETWORK)))
          .toList();
    }
  }

  @Test
  void whatTheNetworkChoosesIsRecordedAndStaysWhereNothingNewIsMeasured(@TempDir Path folder) {
    Path file = folder.resolve("records.jsonl");
    WhereDefaultsWin workbench = new WhereDefaultsWin();
    TuningOptions options = with("evolutionary", "none", 40, 1);
    String byDefault = surface.defaultCandidate().text();
    for (int session = 0; session < 2; session++) {
      try (RecordStore store = RecordStore.open(file, messages::add)) {
        new TuningSession(Kernels.host(), options, store, workbench, listener).run(List.of(large));
        TuningRecord best = store.best(large.key(Kernels.host())).orElseThrow();
        assertEquals(byDefault, best.steps());
        assertTrue(best.conditions().inNetwork());
      }
    }
    List<Candidate> candidates = workbench.asked.getFirst().candidates();
    assertEquals(1, workbench.asked.size(), "the second session measures nothing");
    assertEquals(surface.defaultCandidate(), candidates.getFirst());
    assertTrue(candidates.size() > 1 && candidates.size() <= 4, candidates::toString);
  }

  @Test
  void earlyStoppingGivesATaskUp() {
    TuningOptions options =
        new TuningOptions(
            5000, Optional.empty(), OptionalInt.of(40), "evolutionary", "xgboost", 1, true, "t");
    TuningReport report = tune(RecordStore.inMemory(), options, large);
    assertTrue(report.trials() < 1000, report::toString);
  }

  @Test
  void theGridEndsWithTheSpace() {
    TuningReport report = tune(RecordStore.inMemory(), with("grid", "none", 1_000_000, 1), small);
    int rejected = (int) Math.pow(Surface.VALUES, Surface.DIMENSIONS - 1);
    assertEquals(rejected * (Surface.VALUES - 1), report.trials());
    assertEquals(Surface.optimumMs(small), report.tasks().getFirst().bestMs(), 1e-12);
  }

  @Test
  void stoppingKeepsWhatIsThere() {
    try (RecordStore store = RecordStore.inMemory()) {
      TuningSession[] session = new TuningSession[1];
      TuningListener stopper =
          new TuningListener() {
            @Override
            public void progress(TuningProgress now) {
              session[0].stop();
            }

            @Override
            public void message(String text) {}
          };
      session[0] =
          new TuningSession(
              Kernels.host(), with("random", "none", 500, 1), store, surface, stopper);
      TuningReport report = session[0].run(List.of(large));
      assertTrue(report.interrupted());
      assertTrue(report.trials() > 0 && report.trials() < 500);
      assertEquals(report.trials(), store.all().size());
    }
  }

  @Test
  void progressTellsTheLatencyOfTheModel() {
    TuningReport report =
        tune(RecordStore.inMemory(), with("evolutionary", "none", 60, 1), small, large);
    TuningProgress last = progress.getLast();
    assertEquals(60, last.trials());
    assertTrue(progress.getFirst().modelMs().isEmpty());
    double sum = report.tasks().stream().mapToDouble(t -> t.bestMs() * t.weight()).sum();
    assertEquals(sum, last.modelMs().orElseThrow(), sum * 1e-9);
    assertTrue(last.bestGflops() >= last.currentGflops());
  }

  @Test
  void aTaskThatCannotBeMeasuredIsSaidAndLeft() {
    surface.breakDown();
    TuningReport report =
        tune(RecordStore.inMemory(), with("evolutionary", "xgboost", 50, 1), small, large);
    assertEquals(0, report.trials());
    assertEquals(
        List.of(
            "task 1 (dense) is left as it is: nothing works today",
            "task 0 (dense) is left as it is: nothing works today"),
        messages);
    assertFalse(report.interrupted());
  }

  @Test
  void anUnknownStrategyIsOneSentence() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> tune(RecordStore.inMemory(), with("evolutionry", "none", 5, 1), small));
    assertTrue(e.getMessage().startsWith("there is no tuner 'evolutionry'"), e.getMessage());
  }

  /** A user's strategy, loaded by the name of its class: fails once it has seen something. */
  public static final class Forgetful implements SearchStrategy {
    private final SearchContext context;
    private boolean observed;

    public Forgetful(SearchContext context) {
      this.context = context;
    }

    @Override
    public List<Candidate> propose(int count, double progress) {
      if (observed) {
        throw new IllegalStateException("lost the thread");
      }
      return List.of(context.space().defaultCandidate());
    }

    @Override
    public void observe(List<Observation> observations) {
      observed |= !observations.isEmpty();
    }
  }

  @Test
  void aUsersStrategyIsLoadedByItsClassAndItsFailureEndsNothingElse() {
    TuningReport report =
        tune(RecordStore.inMemory(), with(Forgetful.class.getName(), "none", 50, 1), small, large);
    assertEquals(2, report.trials());
    assertEquals(
        "task 1 (dense) gets no more trials, for its search failed:"
            + " java.lang.IllegalStateException: lost the thread",
        messages.getFirst());
    assertTrue(report.tasks().stream().allMatch(task -> Double.isFinite(task.bestMs())));
  }

  /** Knows the default schedule and no other. */
  public static final class DefaultOnly implements SearchStrategy {
    private final SearchContext context;
    private boolean proposed;

    public DefaultOnly(SearchContext context) {
      this.context = context;
    }

    @Override
    public List<Candidate> propose(int count, double progress) {
      if (proposed) {
        return List.of();
      }
      proposed = true;
      return List.of(context.space().defaultCandidate());
    }

    @Override
    public void observe(List<Observation> observations) {}
  }

  @Test
  void aSearchThatEndsBeforeTheTrialsSaysSo() {
    TuningReport report =
        tune(RecordStore.inMemory(), with(DefaultOnly.class.getName(), "none", 50, 1), small);
    assertEquals(1, report.trials());
    assertEquals(
        List.of(
            "task 0 (dense) gets no more trials: its search finds no schedule beside the 1 tried"),
        messages);
  }
}
