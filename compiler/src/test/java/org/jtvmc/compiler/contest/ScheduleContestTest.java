package org.jtvmc.compiler.contest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jtvmc.tuner.measure.Deadline;
import org.junit.jupiter.api.Test;

/** The choice on networks whose times are known by formula, with no clock. */
class ScheduleContestTest {
  private static final double PATIENCE_MS = 300;

  /** Times with up to a tenth of noise, which only ever adds. */
  private static Network noisy(Network quiet) {
    SplittableRandom random = new SplittableRandom(5);
    return new Network() {
      @Override
      public int calls() {
        return quiet.calls();
      }

      @Override
      public double[] run(int[] alternatives) {
        double[] times = quiet.run(alternatives);
        for (int call = 0; call < times.length; call++) {
          times[call] *= 1 + 0.1 * random.nextDouble();
        }
        return times;
      }
    };
  }

  private record Formula(int calls, java.util.function.Function<int[], double[]> times)
      implements Network {
    @Override
    public double[] run(int[] alternatives) {
      return times.apply(alternatives);
    }
  }

  private static ScheduleContest.Kernel kernel(int alternatives, Integer... calls) {
    return new ScheduleContest.Kernel(List.of(calls), alternatives);
  }

  private static ScheduleContest.Outcome hold(Network network, ScheduleContest.Kernel... kernels) {
    return new ScheduleContest(noisy(network), List.of(kernels), 1)
        .hold(PATIENCE_MS, Deadline.NONE)
        .orElseThrow();
  }

  @Test
  void eachKernelGetsItsOwnBest() {
    double[][] table = {{1.0, 0.8, 0.9}, {1.0, 1.2, 0.7}, {1.0, 0.8, 0.9}, {1.0, 1.3, 1.2}};
    Network network =
        new Formula(
            4,
            chosen -> {
              double[] times = new double[4];
              for (int call = 0; call < 4; call++) {
                times[call] = table[call][chosen[call]];
              }
              return times;
            });
    var outcome = hold(network, kernel(3, 0, 2), kernel(3, 1), kernel(3, 3));
    assertEquals(List.of(1, 2, 0), outcome.chosen());
    assertTrue(outcome.chosenMs() < outcome.defaultMs());
    assertTrue(outcome.chosenMs() < outcome.winnersMs());
  }

  /** The second schedule is faster itself, and makes the next call look for its operand. */
  @Test
  void aScheduleThatSlowsItsNeighbourIsNotChosen() {
    Network network =
        new Formula(
            6,
            chosen -> {
              double[] times = new double[6];
              for (int call = 0; call < 6; call++) {
                boolean moves = call > 0 && chosen[call] != chosen[call - 1];
                times[call] = (chosen[call] == 1 ? 0.9 : 1.0) + (moves ? 0.5 : 0);
              }
              return times;
            });
    var outcome =
        hold(network, kernel(1, 0), kernel(2, 1), kernel(1, 2), kernel(2, 3), kernel(1, 4, 5));
    assertEquals(List.of(0, 0, 0, 0, 0), outcome.chosen());
    assertTrue(outcome.winnersMs() > outcome.defaultMs());
  }

  /** One kernel alone cannot leave the others' order; all winners together gain. */
  @Test
  void winnersThatNeedEachOtherAreFoundTogether() {
    Network network =
        new Formula(
            3,
            chosen -> {
              double[] times = new double[3];
              for (int call = 0; call < 3; call++) {
                boolean moves = call > 0 && chosen[call] != chosen[call - 1];
                times[call] = (chosen[call] == 1 ? 0.6 : 1.0) + (moves ? 1 : 0);
              }
              return times;
            });
    var outcome = hold(network, kernel(2, 0), kernel(2, 1), kernel(2, 2));
    assertEquals(List.of(1, 1, 1), outcome.chosen());
  }

  @Test
  void nothingIsChosenWhereTimeIsOverBeforeTheLastRuns() {
    int[] runs = {0};
    Network network =
        new Formula(
            2,
            chosen -> {
              runs[0]++;
              return new double[] {chosen[0] == 1 ? 0.5 : 1.0, 1.0};
            });
    for (int most : List.of(0, 4, 20, 60)) {
      runs[0] = 0;
      assertTrue(
          new ScheduleContest(network, List.of(kernel(2, 0), kernel(2, 1)), 1)
              .hold(PATIENCE_MS, Deadline.when(() -> runs[0] >= most))
              .isEmpty());
      assertEquals(most, runs[0]);
    }
  }

  /** Patience for six last rounds; time ends in the sixth. */
  @Test
  void wholeLastRoundsDecideWhereTimeEndsAmongThem() {
    int[] runs = {0};
    Network network =
        new Formula(
            1,
            chosen -> {
              runs[0]++;
              return new double[] {chosen[0] == 1 ? 0.5 : 1.0};
            });
    int beforeLast = 2 * 3 + 2 * 2 * 7;
    for (int rounds : List.of(4, 5, 6)) {
      runs[0] = 0;
      Deadline deadline = Deadline.when(() -> runs[0] > beforeLast + 2 * rounds);
      Optional<ScheduleContest.Outcome> outcome =
          new ScheduleContest(network, List.of(kernel(2, 0)), 1).hold(1, deadline);
      assertEquals(rounds >= 5, outcome.isPresent());
      outcome.ifPresent(o -> assertEquals(List.of(1), o.chosen()));
    }
  }

  @Test
  void whereNothingIsGainedTheDefaultsStay() {
    Network network = new Formula(3, _ -> new double[] {1, 1, 1});
    assertEquals(
        List.of(0, 0, 0), hold(network, kernel(4, 0), kernel(4, 1), kernel(4, 2)).chosen());
  }
}
