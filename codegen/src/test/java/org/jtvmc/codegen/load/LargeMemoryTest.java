package org.jtvmc.codegen.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class LargeMemoryTest {

  @Test
  void isZeroAndAlignedAndAsLargeAsAsked() {
    for (long bytes : new long[] {1, 4096, (2L << 20) - 1, 2L << 20, (5L << 20) + 7}) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment memory = LargeMemory.allocate(arena, bytes);
        assertEquals(bytes, memory.byteSize());
        assertEquals(0, memory.address() % 64);
        assertEquals(-1, memory.mismatch(arena.allocate(bytes)));
        memory.set(ValueLayout.JAVA_BYTE, bytes - 1, (byte) 3);
      }
    }
  }

  @Test
  void goesBackWithTheArena() {
    // 8 GiB, were any of it kept.
    for (int round = 0; round < 512; round++) {
      MemorySegment memory;
      try (Arena arena = Arena.ofShared()) {
        memory = LargeMemory.allocate(arena, 16L << 20);
        memory.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
      }
      assertThrows(IllegalStateException.class, () -> memory.get(ValueLayout.JAVA_BYTE, 0));
    }
  }
}
