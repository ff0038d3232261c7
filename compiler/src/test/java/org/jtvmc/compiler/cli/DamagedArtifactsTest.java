package org.jtvmc.compiler.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A compiled model whose files are damaged or gone, or that is given what it cannot take. */
class DamagedArtifactsTest {

  @TempDir Path folder;
  private Path model;
  private Path out;

  @BeforeEach
  void aCompiledModel() throws IOException {
    model = SmallModels.convolution(folder);
    out = folder.resolve("out");
    CommandLineRun.of("compile", model.toString(), "-o", out.toString(), "--weights", "external")
        .exits(0);
  }

  @Test
  void aLibraryThatWasCopiedInPart() throws IOException {
    Path library = fileOf(".so");
    byte[] whole = Files.readAllBytes(library);
    for (int length : new int[] {0, 63, 64, 4096, whole.length - 1}) {
      Files.write(library, Arrays.copyOf(whole, length));

      refused(length < 64 ? "is no shared library" : "is truncated");
    }
  }

  @Test
  void anotherFileInItsPlace() throws IOException {
    Path library = fileOf(".so");
    byte[] whole = Files.readAllBytes(library);
    Files.writeString(library, "#!/bin/sh\n".repeat(100));
    refused("is no shared library");

    byte[] withoutSegments = whole.clone();
    ByteBuffer.wrap(withoutSegments).order(ByteOrder.LITTLE_ENDIAN).putShort(56, (short) 0);
    Files.write(library, withoutSegments);
    refused("cannot be loaded as a shared library");
  }

  @Test
  void weightsThatAreShorterOrGone() throws IOException {
    Path weights = fileOf(".weights");
    byte[] whole = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(whole, whole.length / 2));
    refused("bytes where model");

    Files.delete(weights);
    refused("cannot open the weights file");
  }

  @Test
  void sizesThatTheModelDoesNotRunWith() throws IOException {
    Path open =
        Files.writeString(
            folder.resolve("open.relay"),
            "def @main(%x: Tensor[(n, 8), float32], %y: Tensor[(n, 8), float32])"
                + " -> Tensor[(n, 8), float32] { add(%x, %y) }");
    String library = folder.resolve("open").toString();
    CommandLineRun.of(
            "compile", open.toString(), "-o", library, "--input-shapes", "x:[n,8] y:[n,8]")
        .exits(0);

    CommandLineRun run =
        CommandLineRun.of("run", library, "--input-shapes", "x:[2,8] y:[3,8]")
            .exits(ExitCode.MODEL);

    assertEquals(1, run.err().lines().count(), run.err());
  }

  private Path fileOf(String ending) throws IOException {
    try (var files = Files.list(out)) {
      return files.filter(file -> file.toString().endsWith(ending)).findFirst().orElseThrow();
    }
  }

  private void refused(String why) {
    CommandLineRun run = CommandLineRun.of("run", out.toString()).exits(ExitCode.MODEL);
    assertTrue(run.err().contains(why), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
  }
}
