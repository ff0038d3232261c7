package org.jtvmc.tuner.feature;

/**
 * How soon a statement comes back to what it touched.
 *
 * @param distanceIterations the iterations of the statement until then; 0 without reuse
 * @param distanceBytes the distinct bytes touched until then; 0 without reuse
 * @param count how often the same data is used
 */
record Reuse(Type type, double distanceIterations, double distanceBytes, double count) {

  enum Type {
    /** A loop around the access does not move it. */
    LOOP,
    /** Another statement in the same loop uses the buffer. */
    SERIAL,
    NONE
  }

  /** The nearest reuse, looking from the innermost loop outwards. */
  static Reuse of(Statement statement, Access access) {
    double iterations = 1;
    for (int k = statement.loops().size() - 1; k >= 0; k--) {
      LoopNode loop = statement.loops().get(k);
      if (!access.moves(k) && loop.extent() > 1) {
        return new Reuse(Type.LOOP, iterations, loop.bodyBytes(), loop.extent());
      }
      int users = loop.users(access.buffer());
      if (users > 1) {
        return new Reuse(Type.SERIAL, iterations, loop.bodyBytes(), users);
      }
      iterations *= loop.extent();
    }
    return new Reuse(Type.NONE, 0, 0, 0);
  }
}
