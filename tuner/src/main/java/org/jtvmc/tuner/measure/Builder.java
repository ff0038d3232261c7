package org.jtvmc.tuner.measure;

import java.util.List;

/** Compiles candidates. Never throws for what is a candidate's fault. */
public interface Builder {

  /** Gets ready, where that takes time: what is built first would seem to take it. */
  default void start() {}

  /** One outcome for each source, in order. */
  default List<BuildOutcome> build(List<KernelSource> sources) {
    return build(sources, Deadline.NONE);
  }

  /**
   * The same while there is time.
   *
   * @return of the first so many sources, of one at least
   */
  List<BuildOutcome> build(List<KernelSource> sources, Deadline deadline);
}
