package org.jtvmc.compiler.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Places to write to that will not do are said in one sentence; others may have any name. */
class OutputPlacesTest {

  @TempDir Path folder;
  private String model;

  @BeforeEach
  void aModelOfAName() throws IOException {
    model =
        Files.writeString(
                folder.resolve("size 1.relay"),
                "def @main(%x: Tensor[(4, 8), float32]) -> Tensor[(4, 8), float32] {"
                    + " nn.relu(%x) }")
            .toString();
  }

  @Test
  void aFolderIsNoLibrary() throws IOException {
    Path taken = Files.createDirectory(folder.resolve("taken.so"));

    refused("is a folder, where a library is to be written", "compile", model, "-o", taken);
    assertTrue(Files.isDirectory(taken));
  }

  @Test
  void aFileIsNoFolder() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "kept");

    refused("is a file, where a folder is to be written", "compile", model, "-o", file);
    refused("Not a directory", "compile", model, "-o", file.resolve("below"));
    assertEquals("kept", Files.readString(file));
  }

  @Test
  void anEmptyNameIsNoPlace() {
    refused("the output has an empty name", "compile", model, "-o", "");
  }

  @Test
  void theRuntimesHeaderIsNotReplaced() throws IOException {
    Path named = Files.copy(Path.of(model), folder.resolve("jtvmc.relay"));
    Path out = folder.resolve("out");

    CommandLineRun.of("compile", named.toString(), "-o", out.toString()).exits(0);

    assertTrue(Files.readString(out.resolve("model_jtvmc.h")).contains("model_jtvmc_run("));
    assertTrue(Files.readString(out.resolve("jtvmc.h")).contains("struct DLTensor"));
    for (String library : new String[] {"jtvmc.so", "libjtvmc.so"}) {
      refused("called like the runtime's", "compile", model, "-o", folder.resolve(library));
    }
    CommandLineRun.of("compile", model, "-o", out.toString(), "--module-name", "jtvmc").exits(2);
  }

  @Test
  void recordsThatCouldNotBeSavedAreNotMeasured() {
    Path nowhere = folder.resolve("missing").resolve("records.jsonl");

    refused("does not exist; name another", "tune", model, "--tuning-records", nowhere);
  }

  @Test
  void namesMayHaveSpacesAndAnyLetters() {
    assumeTrue(
        Charset.forName(System.getProperty("sun.jnu.encoding")).newEncoder().canEncode("größe ✓"),
        "the locale has no such letters");
    Path out = folder.resolve("größe ✓");
    CommandLineRun.of("compile", model, "-o", out.toString()).exits(0);

    String said = CommandLineRun.of("run", out.toString()).exits(0).out();

    assertTrue(said.contains("Tensor[(4, 8), float32]"), said);
  }

  @Test
  void whatIsNotAskedForIsNotNamed() {
    Path out = folder.resolve("parts");

    String said =
        CommandLineRun.of("compile", model, "-o", out.toString(), "--emit", "header")
            .exits(0)
            .out();

    assertFalse(said.contains(".so"), said);
  }

  private static void refused(String why, Object... arguments) {
    String[] texts = new String[arguments.length];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = arguments[i].toString();
    }
    CommandLineRun run = CommandLineRun.of(texts).exits(3);
    assertTrue(run.err().contains(why), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
  }
}
