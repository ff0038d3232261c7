package org.jtvmc.ir.file;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder that is gone with all that is in it when it is closed. Where the process is interrupted
 * before, its own files, those that {@link #resolve} named, go with the process.
 *
 * @param path where it is
 */
public record TemporaryFolder(Path path) implements AutoCloseable {

  /**
   * A new folder where this process puts what does not stay.
   *
   * @throws UncheckedIOException with a sentence for a person where there can be none
   */
  public static TemporaryFolder create() {
    try {
      return leavingAtExit(Files.createTempDirectory("jtvmc"));
    } catch (IOException e) {
      throw new UncheckedIOException(
          "no temporary folder can be made in %s (%s): name another place with TMPDIR"
              .formatted(System.getProperty("java.io.tmpdir"), FileFault.reason(e)),
          e);
    }
  }

  /**
   * A new folder in another, so that a file can be moved out of it at once.
   *
   * @throws IOException where there can be none
   */
  public static TemporaryFolder in(Path folder) throws IOException {
    return leavingAtExit(Files.createTempDirectory(folder, ".jtvmc"));
  }

  private static TemporaryFolder leavingAtExit(Path path) throws IOException {
    try {
      path.toFile().deleteOnExit();
    } catch (IllegalStateException e) {
      // The process is ending, and what goes with it is gone already.
      Files.delete(path);
      throw e;
    }
    return new TemporaryFolder(path);
  }

  /** A file in it, which need not be there. */
  public Path resolve(String name) {
    Path file = path.resolve(name);
    file.toFile().deleteOnExit();
    return file;
  }

  /** Removes it; where the process is ending, together with the JVM, which removes it as well. */
  @Override
  public void close() {
    try (Stream<Path> walk = Files.walk(path)) {
      List<Path> inside = walk.sorted(Comparator.reverseOrder()).toList();
      for (Path file : inside) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      failUnlessGone(e);
    } catch (UncheckedIOException e) {
      failUnlessGone(e.getCause());
    }
  }

  private void failUnlessGone(IOException e) {
    if (!(e instanceof NoSuchFileException)) {
      throw new UncheckedIOException("cannot remove the temporary folder " + path, e);
    }
  }
}
