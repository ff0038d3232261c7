package org.jtvmc.schedule;

/**
 * A serial loop inside which stages are copied into shared memory: the copies for later iterations
 * are made while an iteration computes.
 *
 * @param axis the loop
 * @param depth how many iterations' copies there is room for, the one being computed among them; at
 *     least 2
 * @param way what copies; where that cannot make one of the copies, the way before it does
 */
public record Pipelining(String axis, int depth, Way way) {

  /** What copies. */
  public enum Way {
    /** All threads, through registers, one iteration ahead. */
    REGISTERS,

    /** All threads, asynchronously: what GPUs can from sm_80 on, where elements are only moved. */
    ASYNC,

    /**
     * Nobody: one thread names boxes of tensors, which lie in shared memory as in global memory but
     * swizzled. What GPUs of sm_90 can.
     */
    TILES
  }
}
