package org.jtvmc.compiler.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The script {@code jtvmc} beside a program that is built, with a JDK that prints its arguments.
 */
class LauncherTest {
  @TempDir private Path folder;

  private record Run(int exit, String out, String err) {}

  @BeforeEach
  void makeAProgramAndAJdk() throws IOException {
    Path script = Path.of("..", "jtvmc").toAbsolutePath();
    Files.copy(script, folder.resolve("jtvmc"), StandardCopyOption.COPY_ATTRIBUTES);
    for (String module : new String[] {"ir", "schedule", "codegen", "tuner", "compiler"}) {
      Files.createDirectories(folder.resolve(module + "/src/main"));
      Files.createFile(folder.resolve(module + "/pom.xml"));
    }
    Files.createFile(folder.resolve("pom.xml"));
    Files.createDirectories(folder.resolve("compiler/target/lib"));
    Files.createFile(folder.resolve("compiler/target/jtvmc.jar"));
    Files.createDirectories(folder.resolve("jdk/bin"));
    Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"25.0.1\"\n");
    for (String program : new String[] {"java", "javac"}) {
      Path file = folder.resolve("jdk/bin/" + program);
      Files.writeString(file, "#!/bin/sh\necho \"$@\"\n");
      assertTrue(file.toFile().setExecutable(true));
    }
  }

  private Run run(String temporary) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(folder.resolve("jtvmc").toString(), "targets");
    builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
    builder.environment().put("TMPDIR", temporary);
    builder.redirectError(folder.resolve("err").toFile());
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.waitFor(), out, Files.readString(folder.resolve("err")));
  }

  @Test
  void temporaryFilesGoWhereTheUserSays() throws IOException, InterruptedException {
    Run run = run(folder.toString());
    assertEquals(0, run.exit);
    assertEquals("", run.err);
    assertTrue(run.out.contains("-Djava.io.tmpdir=" + folder), run.out);
    assertTrue(run.out.strip().endsWith("org.jtvmc.compiler.cli.Main targets"), run.out);
  }

  @Test
  void aTemporaryFolderThatIsNotThereIsSaidOnce() throws IOException, InterruptedException {
    Run run = run(folder.resolve("none").toString());
    assertEquals(0, run.exit);
    assertEquals(1, run.err.lines().count(), run.err);
    assertTrue(run.err.contains("no folder that can be written to"), run.err);
    assertFalse(run.out.contains("tmpdir"), run.out);
  }
}
