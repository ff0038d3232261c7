package org.jtvmc.tuner.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A session over the real space, with evolution and the learnt model, can be repeated. */
class SameSeedTest {

  @Test
  void theSameSeedAndTheSameTimesGiveTheSameCandidates() {
    List<String> once = ModelledWorkbench.proposed(5);

    assertEquals(once, ModelledWorkbench.proposed(5));
    // The default schedule comes first whatever the seed is.
    List<String> other = ModelledWorkbench.proposed(6);
    assertEquals(once.getFirst(), other.getFirst());
    assertNotEquals(once, other);
  }

  /** Nothing depends on where objects lie in memory or on how this process salts its hashes. */
  @Test
  void anotherProcessGivesThemToo() throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xss16m",
                "-cp",
                System.getProperty("java.class.path"),
                ModelledWorkbench.class.getName(),
                "5")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<String> elsewhere = child.inputReader().lines().toList();

    assertEquals(0, child.waitFor());
    assertEquals(ModelledWorkbench.proposed(5), elsewhere);
  }
}
