package org.jtvmc.schedule.space.rule;

/**
 * How a GPU block's part of one axis is shared out.
 *
 * @param virtual virtual threads
 * @param threads of the block
 * @param inner virtual threads that lie between neighbouring threads and others, whose number is
 *     {@code lanes}
 * @param elements neighbouring ones of one thread
 */
record Parts(long virtual, long threads, long inner, long lanes, long elements) {
  static final Parts NONE = new Parts(1, 1, 1);

  Parts(long virtual, long threads, long elements) {
    this(virtual, threads, 1, 1, elements);
  }

  long size() {
    return virtual * threads * inner * lanes * elements;
  }

  boolean isLayered() {
    return inner * lanes > 1;
  }
}
