package org.jtvmc.codegen.runtime;

import static org.jtvmc.codegen.CCompiler.PROGRAMS;
import static org.jtvmc.codegen.CCompiler.RUNTIME;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jtvmc.codegen.CCompiler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pool under many callers, plain and watched by the sanitizers of the C compiler. */
class ThreadPoolStressTest {

  private static final List<Path> SOURCES =
      List.of(
          PROGRAMS.resolve("pool_stress.c"),
          RUNTIME.resolve("pool.c"),
          RUNTIME.resolve("pool_work.c"),
          RUNTIME.resolve("placement.c"),
          RUNTIME.resolve("cpu_count.c"));

  @TempDir Path folder;

  @Test
  void anyNumberOfCallersAtOnceAndAForkAreServed() throws IOException {
    var program = folder.resolve("stress");
    CCompiler.build(program, SOURCES);
    CCompiler.assertRuns(program, "2000", "1");
  }

  @Test
  void thereAreNoDataRaces() throws IOException {
    var program = folder.resolve("stress");
    CCompiler.build(program, SOURCES, "-fsanitize=thread");
    // The thread sanitizer does not support threads in the child of a fork.
    CCompiler.assertRuns(program, "500", "0");
  }

  @Test
  void memoryIsUsedWithinItsBoundsAndNothingIsUndefined() throws IOException {
    var program = folder.resolve("stress");
    CCompiler.build(
        program, SOURCES, "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined");
    CCompiler.assertRuns(program, "500", "1");
  }
}
