package org.jtvmc.codegen.emit;

/**
 * Which lanes of the vector being emitted are alive.
 *
 * @param count the first lanes that exist; at least one does
 * @param lanes the length of the vector
 * @param guard a further condition, scalar or per lane; null where there is none
 */
record Mask(int count, int lanes, Value guard) {
  static final Mask SCALAR = new Mask(1, 1, null);

  /** True where every lane is alive. */
  boolean isFull() {
    return count == lanes && guard == null;
  }

  Mask withGuard(Value other) {
    return new Mask(count, lanes, other);
  }
}
