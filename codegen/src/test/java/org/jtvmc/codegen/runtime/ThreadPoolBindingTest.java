package org.jtvmc.codegen.runtime;

import static org.jtvmc.codegen.CCompiler.PROGRAMS;
import static org.jtvmc.codegen.CCompiler.RUNTIME;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jtvmc.codegen.CCompiler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What measures has a core for each thread, as the kernel of the machine says it. */
class ThreadPoolBindingTest {

  @TempDir private Path folder;

  @Test
  void whileAKernelIsMeasuredEachThreadHasACpuOfItsOwn() throws IOException {
    var program = folder.resolve("binding");
    var sources =
        Stream.of("pool.c", "pool_work.c", "placement.c", "cpu_count.c", "measure.c")
            .map(RUNTIME::resolve);
    CCompiler.build(
        program, Stream.concat(Stream.of(PROGRAMS.resolve("pool_binding.c")), sources).toList());

    var two = CCompiler.run(List.of(program.toString(), "2"));

    assumeFalse(two.text().equals("few\n"), "this machine has fewer than two cores");
    assertEquals("ok\n", two.text());
    assertEquals(0, two.code());
    // Of more threads than cores none is bound.
    for (var threads : List.of("1", "4", "8")) {
      var more = CCompiler.run(List.of(program.toString(), threads));
      assertTrue(more.text().matches("(ok|few)\n") && more.code() == 0, more.toString());
    }
  }
}
