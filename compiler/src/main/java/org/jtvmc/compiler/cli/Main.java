package org.jtvmc.compiler.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** The program. */
public final class Main {

  private Main() {}

  /** Runs a verb and ends the process with its exit code. */
  public static void main(String[] arguments) {
    WatchedStream stream = new WatchedStream(new FileOutputStream(FileDescriptor.out));
    PrintWriter out = new PrintWriter(stream, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int code = run(out, err, arguments);
    out.flush();
    if (stream.isLost()) {
      err.println("jtvmc: standard output cannot be written: " + stream.fault());
      code = code == ExitCode.DONE ? ExitCode.MODEL : code;
    }
    err.flush();
    System.exit(code);
  }

  /**
   * Runs a verb.
   *
   * @param out where results go
   * @param err where progress, logs and errors go
   * @return the exit code
   */
  public static int run(PrintWriter out, PrintWriter err, String... arguments) {
    long start = System.nanoTime();
    try {
      return new JtvmcCommand(start).commandLine(out, err).execute(arguments);
    } catch (OutOfMemoryError e) {
      err.println(
          "jtvmc: out of memory (%s); allow more with JTVMC_JAVA_OPTS=-Xmx8g"
              .formatted(e.getMessage()));
      return ExitCode.INTERNAL_ERROR;
    }
  }
}
