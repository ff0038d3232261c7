package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file of what is expected, which is written anew, after a look at the difference, with {@code
 * -Djtvmc.accept=true}.
 */
record AcceptedText(Path file) {

  static AcceptedText of(String name) {
    return new AcceptedText(Path.of("src", "test", "resources", "kernels", name));
  }

  String read() throws IOException {
    return Files.readString(file);
  }

  /** Compares, or, where that is asked for, accepts. */
  void check(String actual) throws IOException {
    if (Boolean.getBoolean("jtvmc.accept")) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, actual);
    }
    assertEquals(
        read(),
        actual,
        "%s differs; if that is meant, run the test again with -Djtvmc.accept=true"
            .formatted(file));
  }
}
