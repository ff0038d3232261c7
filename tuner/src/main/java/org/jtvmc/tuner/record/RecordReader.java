package org.jtvmc.tuner.record;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jtvmc.ir.file.FileFault;

/**
 * Reads a records file line by line, trusting nothing in it: whatever is not a record is skipped,
 * with a sentence that names the line. A file that holds other lines only is of another kind, and
 * nobody should append to it.
 */
final class RecordReader {
  /** A longer line is not a record; it is skipped without being held in memory. */
  private static final int LONGEST_LINE_BYTES = 16 << 20;

  /** So that a file of another kind does not flood the terminal. */
  private static final int MOST_SENTENCES = 5;

  private final Path file;
  private final Consumer<String> problems;
  private final RecordCodec codec = new RecordCodec();
  private final List<String> sentences = new ArrayList<>();
  private String firstFault;
  private int skipped;
  private long accepted;

  RecordReader(Path file, Consumer<String> problems) {
    this.file = file;
    this.problems = problems;
  }

  /**
   * Hands over every record in the order of the file; none where there is no such file, or nothing
   * in it.
   *
   * @throws RecordException where the file cannot be read, or there are lines but no record
   */
  void forEach(Consumer<TuningRecord> records) {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      long number = 1;
      long length = 0;
      for (int next = in.read(); next >= 0; next = in.read()) {
        if (next == '\n') {
          accept(number, line.toByteArray(), length, true, records);
          number++;
          length = 0;
          line.reset();
        } else if (length++ < LONGEST_LINE_BYTES) {
          line.write(next);
        }
      }
      accept(number, line.toByteArray(), length, false, records);
    } catch (NoSuchFileException _) {
      return;
    } catch (IOException e) {
      throw new RecordException(
          "cannot read the records file " + file + ": " + FileFault.reason(e), e);
    }
    if (accepted == 0 && skipped > 0) {
      throw new RecordException(
          "%s holds no tuning record (%s): name a file that jtvmc tune wrote"
              .formatted(file, firstFault),
          null);
    }
    sentences.forEach(problems);
    if (skipped > MOST_SENTENCES) {
      problems.accept("%s: %d more lines are skipped".formatted(file, skipped - MOST_SENTENCES));
    }
  }

  private void accept(
      long number, byte[] line, long length, boolean ended, Consumer<TuningRecord> records) {
    if (isBlank(line)) {
      return;
    }
    if (length > LONGEST_LINE_BYTES) {
      skip(
          "line %d is longer than any record".formatted(number),
          "line %d is skipped: it is longer than any record".formatted(number));
      return;
    }
    TuningRecord record;
    try {
      record = codec.read(line);
    } catch (RecordCodec.MalformedRecord e) {
      skip(
          "line %d %s".formatted(number, e.getMessage()),
          ended
              ? "line %d is skipped: it %s".formatted(number, e.getMessage())
              : "the last line (%d) is incomplete and is skipped".formatted(number));
      return;
    }
    accepted++;
    records.accept(record);
  }

  private void skip(String fault, String sentence) {
    firstFault = skipped++ == 0 ? fault : firstFault;
    if (skipped <= MOST_SENTENCES) {
      sentences.add(file + ": " + sentence);
    }
  }

  private static boolean isBlank(byte[] line) {
    for (byte b : line) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }
}
