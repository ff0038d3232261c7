package org.jtvmc.tuner.feature;

/** Where a loop stands among the loops of its statement that are spatial, or that reduce. */
enum LoopPosition {
  NONE,
  INNER_SPATIAL,
  MIDDLE_SPATIAL,
  OUTER_SPATIAL,
  INNER_REDUCE,
  MIDDLE_REDUCE,
  OUTER_REDUCE,
  MIXED;

  /** The place of loop {@code k} of {@code statement}; a single loop of its sort is the inner. */
  static LoopPosition of(Statement statement, int k) {
    boolean reduce = statement.isReduce(k);
    boolean inner = true;
    boolean outer = true;
    for (int other = 0; other < statement.loops().size(); other++) {
      if (statement.isReduce(other) == reduce) {
        inner &= other <= k;
        outer &= other >= k;
      }
    }
    if (inner) {
      return reduce ? INNER_REDUCE : INNER_SPATIAL;
    }
    if (outer) {
      return reduce ? OUTER_REDUCE : OUTER_SPATIAL;
    }
    return reduce ? MIDDLE_REDUCE : MIDDLE_SPATIAL;
  }
}
