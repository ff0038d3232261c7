package org.jtvmc.ir.pass;

import java.time.Duration;

/**
 * Watches passes run: prints, measures or verifies. An exception that it throws ends the run.
 *
 * @param <T> the IR
 */
@FunctionalInterface
public interface PassListener<T> {

  /**
   * Called after each pass.
   *
   * @param before what the pass was given; the same object as {@code after} where nothing changed
   */
  void ran(Pass<T> pass, T before, T after, Duration time);
}
