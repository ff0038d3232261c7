package org.jtvmc.ir.pass;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Collects how long passes take. For one run at a time.
 *
 * @param <T> the IR
 */
public final class PassTimes<T> implements PassListener<T> {

  /** One pass of one run. */
  public record Entry(String pass, Duration time, boolean changed) {}

  private final List<Entry> entries = new ArrayList<>();

  @Override
  public void ran(Pass<T> pass, T before, T after, Duration time) {
    entries.add(new Entry(pass.name(), time, before != after));
  }

  /** In the order in which the passes ran. */
  public List<Entry> entries() {
    return Collections.unmodifiableList(entries);
  }

  /** A line for each pass: {@code 12.345 ms FoldConstants}, with a note where nothing changed. */
  @Override
  public String toString() {
    return entries.stream()
        .map(
            entry ->
                String.format(
                    Locale.ROOT,
                    "%10.3f ms  %s%s",
                    entry.time.toNanos() / 1e6,
                    entry.pass,
                    entry.changed ? "" : " (unchanged)"))
        .collect(Collectors.joining("\n"));
  }
}
