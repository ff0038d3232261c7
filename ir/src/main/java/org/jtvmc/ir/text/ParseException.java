package org.jtvmc.ir.text;

import java.util.List;
import java.util.stream.Collectors;

/** A text that is no module: every fault that was found, each with its place. */
public final class ParseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<Fault> faults;

  /**
   * One fault.
   *
   * @param line from 1 on
   * @param column from 1 on
   * @param message one sentence
   */
  public record Fault(int line, int column, String message) {
    @Override
    public String toString() {
      return "line %d, column %d: %s".formatted(line, column, message);
    }
  }

  ParseException(List<Fault> faults) {
    super(faults.stream().map(Fault::toString).collect(Collectors.joining("\n")));
    this.faults = List.copyOf(faults);
  }

  /** In the order of the text; at least one. */
  public List<Fault> faults() {
    return faults;
  }
}
