package org.jtvmc.ir.loop;

/** An action of a target that is neither a store nor a loop. */
public sealed interface Effect {

  /** All threads of a GPU block wait for each other; their shared memory is visible after it. */
  record Barrier() implements Effect {}
}
