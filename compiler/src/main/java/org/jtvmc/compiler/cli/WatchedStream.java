package org.jtvmc.compiler.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.jtvmc.ir.file.FileFault;

/** Remembers why the first bytes were lost, which a {@link java.io.PrintWriter} does not tell. */
final class WatchedStream extends FilterOutputStream {

  /** What the system says where the reader of a pipe, such as {@code head}, has had enough. */
  private static final String NO_READER = "Broken pipe";

  private String fault = "";

  WatchedStream(OutputStream out) {
    super(out);
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int count) throws IOException {
    try {
      out.write(bytes, offset, count);
    } catch (IOException e) {
      fault = fault.isEmpty() ? FileFault.reason(e) : fault;
      throw e;
    }
  }

  /** Whether something that somebody would have read is lost. */
  boolean isLost() {
    return !fault.isEmpty() && !fault.equals(NO_READER);
  }

  /** Why; empty where nothing is lost. */
  String fault() {
    return fault;
  }
}
