package org.jtvmc.tuner.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.task.TuningTask;
import org.junit.jupiter.api.Test;

/** How candidates are compared, with a builder and a runner that only take notes. */
class LoweringMeasurerTest {
  private final TuningTask task = new TuningTask(0, "increment", 1, Kernels.increment());
  private final List<Integer> order = new ArrayList<>();

  /** The candidate that takes a second longer; none. */
  private int slower = -1;

  @Test
  void manyCandidatesRunInTurnForthAndBack() {
    List<MeasureResult> results = measurer().compare(task, candidates(5));
    assertEquals(List.of(0, 1, 2, 3, 4, 4, 3, 2, 1, 0, 0), order.subList(0, 11));
    assertEquals(35, order.size());
    assertEquals(7, results.getFirst().timesMs().size());
  }

  @Test
  void fewCandidatesRunThreeTimes() {
    measurer().compare(task, candidates(2));
    assertEquals(List.of(0, 1, 1, 0, 0, 1), order);
  }

  @Test
  void oneThatWasSlowerThanAnotherEverWasIsLeftOutAfterThreeTurns() {
    slower = 2;
    List<MeasureResult> results = measurer().compare(task, candidates(5));
    assertEquals(3, results.get(2).timesMs().size());
    assertEquals(3 * 5 + 4 * 4, order.size());
    assertEquals(7, results.get(0).timesMs().size());
  }

  @Test
  void aTurnCountsByItsLeastTime() {
    MeasureResult second = measurer().compare(task, candidates(2)).getLast();
    assertEquals(List.of(1.0, 2.0, 5.0), second.timesMs());
    assertEquals(2.0, second.medianMs());
  }

  @Test
  void onlyWholeTurnsCountWhereTimeIsOver() {
    Deadline duringTheThirdTurn = Deadline.when(() -> order.size() >= 7);
    List<MeasureResult> results = measurer().compare(task, candidates(3), duringTheThirdTurn);
    assertEquals(7, order.size());
    assertEquals(List.of(0.0, 5.0), results.get(0).timesMs());
    assertEquals(List.of(2.0, 3.0), results.get(2).timesMs());
    order.clear();
    Deadline soon = Deadline.when(() -> order.size() >= 2);
    assertEquals(List.of(), measurer().compare(task, candidates(3), soon));
  }

  @Test
  void whatIsNotRunInTimeIsNoResult() {
    List<MeasureResult> results =
        measurer()
            .measure(
                task,
                candidates(5),
                Double.POSITIVE_INFINITY,
                Deadline.when(() -> order.size() >= 2));
    assertEquals(2, results.size());
    assertEquals(List.of(0, 1), order);
  }

  private static List<Candidate> candidates(int number) {
    return Collections.nCopies(number, new Candidate(List.of(), Map.of()));
  }

  /** The n-th run takes n milliseconds, and then twice as long. */
  private LoweringMeasurer measurer() {
    Builder builder =
        (sources, _) ->
            IntStream.range(0, sources.size())
                .mapToObj(k -> (BuildOutcome) new BuildOutcome.Built(code(k)))
                .toList();
    Runner runner =
        (_, code, _, _) -> {
          double n = order.size();
          int candidate = code.object().bytes()[0];
          order.add(candidate);
          double ms = candidate == slower ? n + 1000 : n;
          return new RunOutcome.Timed(List.of(2 * ms, ms));
        };
    return new LoweringMeasurer(builder, runner, dag -> MeasureTask.of(dag, Kernels.host()));
  }

  private static KernelCode code(int number) {
    return new KernelCode(new ObjectCode(new byte[] {(byte) number}), 0, List.of(), List.of());
  }
}
