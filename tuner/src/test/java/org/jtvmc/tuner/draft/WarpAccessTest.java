package org.jtvmc.tuner.draft;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Sectors and bank conflicts of 32 threads, counted by hand. */
class WarpAccessTest {

  private static WarpAccess access(int bytes, int width, LongUnaryOperator placeOfLane) {
    return new WarpAccess(LongStream.range(0, 32).map(placeOfLane).boxed().toList(), bytes, width);
  }

  @Test
  void sectors() {
    assertEquals(4, access(4, 4, lane -> lane).sectors());
    assertEquals(5, access(4, 4, lane -> lane + 1).sectors());
    assertEquals(32, access(4, 4, lane -> 8 * lane).sectors());
    assertEquals(1, access(4, 4, _ -> 5).sectors());
    assertEquals(16, access(4, 16, lane -> 4 * lane).sectors());
    assertEquals(2, access(2, 2, lane -> lane).sectors());
  }

  @Test
  void bankConflicts() {
    assertEquals(1, access(4, 4, lane -> lane).sharedCycles());
    assertEquals(1, access(4, 4, _ -> 7).sharedCycles());
    assertEquals(32, access(4, 4, lane -> 32 * lane).sharedCycles());
    assertEquals(1, access(4, 4, lane -> 33 * lane).sharedCycles());
    assertEquals(2, access(4, 4, lane -> 2 * lane).sharedCycles());
    // Eight lanes of 16 bytes at a time.
    assertEquals(4, access(4, 16, lane -> 4 * lane).sharedCycles());
    assertEquals(32, access(4, 16, lane -> 32 * lane).sharedCycles());
    // Two halves share a word.
    assertEquals(1, access(2, 2, lane -> lane).sharedCycles());
  }
}
