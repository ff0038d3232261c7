package org.jtvmc.ir.file;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

class TemporaryFolderTest {

  @Test
  void allThatIsInItGoesWithIt() throws IOException {
    TemporaryFolder folder = TemporaryFolder.create();
    Files.writeString(Files.createDirectory(folder.path().resolve("a")).resolve("b"), "c");
    folder.close();
    assertFalse(Files.exists(folder.path()));
  }

  /** As where a process ends and the JVM removes it as well. */
  @Test
  void oneThatIsGoneAlreadyIsNoFault() throws IOException {
    TemporaryFolder folder = TemporaryFolder.create();
    Files.delete(folder.path());
    folder.close();
    assertFalse(Files.exists(folder.path()));
  }
}
