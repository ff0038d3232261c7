package org.jtvmc.compiler.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class WatchedStreamTest {

  @Test
  void whatArrivesIsNotLost() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    WatchedStream stream = new WatchedStream(bytes);

    print(stream);

    assertFalse(stream.isLost());
    assertEquals("größe\n", bytes.toString(StandardCharsets.UTF_8));
  }

  @Test
  void aFullDiskLosesTheOutput() {
    WatchedStream stream = new WatchedStream(broken("No space left on device"));

    print(stream);

    assertTrue(stream.isLost());
    assertEquals("No space left on device", stream.fault());
  }

  @Test
  void aReaderThatHasHadEnoughLosesNothing() {
    WatchedStream stream = new WatchedStream(broken("Broken pipe"));

    print(stream);

    assertFalse(stream.isLost());
  }

  private static void print(WatchedStream stream) {
    PrintWriter writer = new PrintWriter(stream, true, StandardCharsets.UTF_8);
    writer.print("größe\n");
    writer.flush();
  }

  private static OutputStream broken(String why) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        throw new IOException(why);
      }
    };
  }
}
