package org.jtvmc.tuner.measure;

/**
 * When work is to be cut short. It is asked between steps that cannot be interrupted: building one
 * candidate, running one.
 */
@FunctionalInterface
public interface Deadline {

  /** There is time for everything. */
  Deadline NONE = () -> false;

  /** True from the moment on at which no further step should begin. */
  boolean isOver();
}
