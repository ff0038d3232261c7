package org.jtvmc.ir.pass;

import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Prints the IR after some passes, and says so where a pass changed nothing.
 *
 * @param passes the names of the passes; {@value #ALL} stands for all of them
 * @param print the IR's text form
 * @param out takes each text
 * @param <T> the IR
 */
public record PrintAfter<T>(Set<String> passes, Function<T, String> print, Consumer<String> out)
    implements PassListener<T> {

  /** The name that stands for every pass. */
  public static final String ALL = "all";

  public PrintAfter {
    passes = Set.copyOf(passes);
  }

  @Override
  public void ran(Pass<T> pass, T before, T after, Duration time) {
    if (passes.contains(ALL) || passes.contains(pass.name())) {
      String title = "// after " + pass.name();
      out.accept(before == after ? title + " (unchanged)\n" : title + "\n" + print.apply(after));
    }
  }
}
