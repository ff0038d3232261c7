package org.jtvmc.compiler.cli;

import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tasks of {@code --tasks "0,2-5"}. */
final class TaskRanges {

  private static final Pattern RANGE =
      Pattern.compile("\\s*(\\d{1,9})\\s*(?:-\\s*(\\d{1,9}))?\\s*");

  private TaskRanges() {}

  /**
   * The ids.
   *
   * @param count how many tasks there are
   */
  static SortedSet<Integer> parse(String text, int count) {
    SortedSet<Integer> ids = new TreeSet<>();
    for (String part : text.split(",", -1)) {
      Matcher matcher = RANGE.matcher(part);
      if (!matcher.matches()) {
        throw new UsageException(
            "--tasks '%s' is no list of tasks; write \"0,2-5\"".formatted(text));
      }
      int first = Integer.parseInt(matcher.group(1));
      int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
      if (last < first || last >= count) {
        throw new UsageException(
            count == 1
                ? "--tasks '%s': the model has one task, 0".formatted(text)
                : "--tasks '%s': the model has the tasks 0 to %d".formatted(text, count - 1));
      }
      for (int id = first; id <= last; id++) {
        ids.add(id);
      }
    }
    return ids;
  }
}
