package org.jtvmc.tuner.record;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that grows by whole lines. After every call, whether it succeeded or not, the file ends
 * where a line ends, unless the process was killed in the middle of one; the next append then ends
 * that torn line first. Writers in several processes take turns by a lock file beside it.
 */
final class RecordLines implements AutoCloseable {
  private final Path file;
  private FileChannel data;
  private FileChannel lock;
  private boolean dirty;

  RecordLines(Path file) {
    this.file = file;
  }

  /**
   * Appends {@code line}, which ends in a line feed, wholly or not at all.
   *
   * @throws IOException where the disk is full or the file cannot be written
   */
  void append(byte[] line) throws IOException {
    open();
    try (FileLock _ = lock.lock()) {
      long end = data.size();
      ByteBuffer bytes = ByteBuffer.wrap(endsInsideLine(end) ? afterLineFeed(line) : line);
      try {
        long position = end;
        while (bytes.hasRemaining()) {
          position += data.write(bytes, position);
        }
        dirty = true;
      } catch (IOException e) {
        data.truncate(end);
        throw e;
      }
    } catch (OverlappingFileLockException e) {
      throw new IOException("another thread of this process is writing to it", e);
    }
  }

  /** Makes what was appended survive a power failure. */
  void sync() throws IOException {
    if (dirty) {
      data.force(false);
      dirty = false;
    }
  }

  /** Opened at the first append, so that looking at records leaves no files behind. */
  private void open() throws IOException {
    if (data != null) {
      return;
    }
    FileChannel opened = null;
    try {
      opened =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      lock =
          FileChannel.open(
              file.resolveSibling(file.getFileName() + ".lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE);
      data = opened;
    } finally {
      if (data == null && opened != null) {
        opened.close();
      }
    }
  }

  private boolean endsInsideLine(long end) throws IOException {
    if (end == 0) {
      return false;
    }
    ByteBuffer last = ByteBuffer.allocate(1);
    return data.read(last, end - 1) == 1 && last.get(0) != '\n';
  }

  private static byte[] afterLineFeed(byte[] line) {
    byte[] joined = new byte[line.length + 1];
    joined[0] = '\n';
    System.arraycopy(line, 0, joined, 1, line.length);
    return joined;
  }

  @Override
  public void close() throws IOException {
    if (data != null) {
      try (FileChannel _ = data;
          FileChannel _ = lock) {
        sync();
      } finally {
        data = null;
      }
    }
  }
}
