package org.jtvmc.tests.fuzz;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * What a coverage-guided fuzzer calls with ever new bytes. The reader is named by the property
 * {@code jtvmc.fuzz.reader}.
 *
 * <p>An input is a finding where the reader throws anything but its own exceptions, or takes memory
 * out of proportion to the file: more native memory than four times its size, or more objects, over
 * the whole reading, than {@value #OBJECT_BYTES_PER_BYTE} bytes for each of its own.
 */
public final class ReaderFuzzer {

  /** A byte of a file can stand for an object (a node without inputs, a token). */
  private static final long OBJECT_BYTES_PER_BYTE = 4096;

  /**
   * What reading costs even where the file is small: buffers, a parser's tables, loops that are
   * written out; and the fuzzer's instrumentation allocates several times what is looked at.
   */
  private static final long FIXED_BYTES = 256 << 20;

  private static final long FIXED_NATIVE_BYTES = 1 << 20;

  private static final FileReader READER =
      FileReader.valueOf(System.getProperty("jtvmc.fuzz.reader", "ONNX"));
  private static final Path FILE = temporaryFile();

  private ReaderFuzzer() {}

  /** Called by the fuzzer, again and again in one process. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    Files.write(FILE, input);
    check(READER, FILE);
  }

  /** Reads a file and checks what that took. */
  static void check(FileReader reader, Path file) throws IOException {
    long size = Files.size(file);
    Memory taken = read(reader, file);
    if (taken.isTooMuchFor(size)) {
      // The first time, classes are loaded (and instrumented) too.
      taken = read(reader, file);
    }
    if (taken.isTooMuchFor(size)) {
      throw new AssertionError("%s for a file of %d bytes".formatted(taken, size));
    }
  }

  /** What a reading allocated, garbage included. */
  private record Memory(long objectBytes, long nativeBytes) {
    boolean isTooMuchFor(long fileBytes) {
      return nativeBytes > FIXED_NATIVE_BYTES + 4 * fileBytes
          || objectBytes > FIXED_BYTES + OBJECT_BYTES_PER_BYTE * fileBytes;
    }
  }

  private static Memory read(FileReader reader, Path file) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long objects = threads.getCurrentThreadAllocatedBytes();
    long outside = nativeBytes();
    reader.read(file);
    return new Memory(threads.getCurrentThreadAllocatedBytes() - objects, nativeBytes() - outside);
  }

  private static long nativeBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getTotalCapacity)
        .sum();
  }

  private static Path temporaryFile() {
    try {
      Path folder = Files.createTempDirectory("jtvmc-fuzz");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
      return folder.resolve(READER.fileName());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
