package org.jtvmc.tuner.measure;

import java.util.function.BooleanSupplier;

/**
 * When work is to be cut short. It is asked between steps that cannot be interrupted: building one
 * candidate, running one.
 */
@FunctionalInterface
public interface Deadline {

  /** There is time for everything. */
  Deadline NONE = () -> Double.POSITIVE_INFINITY;

  /** Over when {@code over} says so, which nobody knows in advance. */
  static Deadline when(BooleanSupplier over) {
    return () -> over.getAsBoolean() ? 0 : Double.POSITIVE_INFINITY;
  }

  /** Over when this or {@code other} is. */
  default Deadline or(Deadline other) {
    return () -> Math.min(secondsLeft(), other.secondsLeft());
  }

  /** How long there is time, in seconds; 0 or less where there is none, infinite without end. */
  double secondsLeft();

  /** True from the moment on at which no further step should begin. */
  default boolean isOver() {
    return secondsLeft() <= 0;
  }
}
