package org.jtvmc.tuner.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.jtvmc.tuner.task.TaskScheduler.Load;
import org.junit.jupiter.api.Test;

class TaskSchedulerTest {

  /** Runs rounds in which task k has the time {@code times[k]} whatever is tried. */
  private static int[] rounds(TaskScheduler scheduler, int rounds, double... times) {
    int[] counts = new int[times.length];
    for (int round = 0; round < rounds; round++) {
      int task = scheduler.next().orElseThrow();
      counts[task]++;
      scheduler.update(task, times[task]);
    }
    return counts;
  }

  @Test
  void eachTaskGetsARoundFirst() {
    TaskScheduler scheduler =
        new TaskScheduler(
            List.of(new Load("a", 1, 1), new Load("b", 1, 1e9), new Load("c", 9, 1e6)));
    assertArrayEquals(new int[] {1, 1, 1}, rounds(scheduler, 3, 1, 9, 3));
  }

  /** Time may end before the last. */
  @Test
  void firstRoundsGoToTasksThatDoMost() {
    TaskScheduler scheduler =
        new TaskScheduler(
            List.of(
                new Load("a", 1, 1e6),
                new Load("b", 1, 5e6),
                new Load("c", 9, 1e6),
                new Load("d", 1, 1e6)));
    for (int task : List.of(2, 1, 0, 3)) {
      assertEquals(OptionalInt.of(task), scheduler.next());
      scheduler.update(task, 1);
    }
  }

  @Test
  void weightAndTimeDrawRounds() {
    TaskScheduler scheduler =
        new TaskScheduler(
            List.of(new Load("a", 1, 1e6), new Load("b", 1, 1e6), new Load("c", 20, 1e6)));
    int[] counts = rounds(scheduler, 60, 1, 4, 1);
    assertTrue(counts[2] > counts[1] && counts[1] > counts[0], Arrays.toString(counts));
  }

  @Test
  void ofTwoEqualTasksTheOneThatGainedLatelyIsPreferred() {
    TaskScheduler scheduler =
        new TaskScheduler(List.of(new Load("a", 1, 1e6), new Load("b", 1, 1e6)));
    for (double time : List.of(11.0, 11.0, 11.0, 11.0, 10.5, 10.0)) {
      scheduler.update(0, 10);
      scheduler.update(1, time);
    }
    assertEquals(OptionalInt.of(1), scheduler.next());
  }

  /** The slower of two equal computations has something to catch up with. */
  @Test
  void aTaskThatIsSlowerThanItsLikeIsPreferred() {
    TaskScheduler scheduler =
        new TaskScheduler(List.of(new Load("dense", 1, 1e6), new Load("dense", 1, 1e6)));
    int[] counts = rounds(scheduler, 40, 1, 10);
    assertTrue(counts[1] > 4 * counts[0], Arrays.toString(counts));
  }

  @Test
  void aTaskInWhichNothingWorksGetsSomeRoundsAndNotAll() {
    TaskScheduler scheduler =
        new TaskScheduler(List.of(new Load("a", 1, 1e6), new Load("b", 1, 1e6)));
    int[] counts = rounds(scheduler, 20, 1, Double.POSITIVE_INFINITY);
    assertArrayEquals(new int[] {16, 4}, counts);
  }

  @Test
  void finishedTasksGetNothingAndTasksWithoutOperationsDoNoHarm() {
    TaskScheduler scheduler = new TaskScheduler(List.of(new Load("a", 1, 0), new Load("b", 1, 0)));
    rounds(scheduler, 6, 1, 2);
    scheduler.finish(1);
    assertEquals(OptionalInt.of(0), scheduler.next());
    scheduler.finish(0);
    assertEquals(OptionalInt.empty(), scheduler.next());
  }
}
