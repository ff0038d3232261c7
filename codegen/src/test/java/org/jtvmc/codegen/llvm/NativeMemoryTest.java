package org.jtvmc.codegen.llvm;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jtvmc.codegen.TestKernels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What is closed gives all its memory back. */
@EnabledOnOs(OS.LINUX)
class NativeMemoryTest {

  private static final int STRETCHES = 8;
  private static final long PAGE = 4096;

  @Test
  void tenThousandContextsAndModulesLeaveNothing() throws IOException {
    assertDoesNotGrow(
        10_000,
        () -> {
          try (var context = new LlvmContext()) {
            context.parseIr("module", TestKernels.returning("kernel", 0)).verify();
          }
        });
  }

  @Test
  void targetMachinesLeaveNothing() throws IOException {
    var target = TestKernels.host();
    assertDoesNotGrow(10_000, () -> new LlvmTargetMachine(target).close());
  }

  @Test
  void jitsLeaveNothing() throws IOException {
    var object = TestKernels.compile(TestKernels.returning("kernel", 0));
    assertDoesNotGrow(
        3_000,
        () -> {
          try (var jit = new Jit()) {
            jit.addObject(object);
            jit.lookup("kernel");
          }
        });
  }

  /**
   * A leak shows in every stretch of rounds, while the JVM's own heap grows in some only: the least
   * growth of several stretches counts.
   */
  private static void assertDoesNotGrow(int rounds, Runnable round) throws IOException {
    int stretch = rounds / STRETCHES;
    long least = Long.MAX_VALUE;
    long before = residentBytes();
    for (int i = 0; i < STRETCHES; i++) {
      for (int j = 0; j < stretch; j++) {
        round.run();
      }
      long after = residentBytes();
      least = Math.min(least, (after - before) / stretch);
      before = after;
    }
    long perRound = least;
    assertTrue(perRound < 512, () -> "each round leaves " + perRound + " bytes");
  }

  private static long residentBytes() throws IOException {
    System.gc();
    var pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
    return Long.parseLong(pages) * PAGE;
  }
}
