package org.jtvmc.ir.interpret;

import org.jtvmc.ir.loop.Scope;

/**
 * Finds accesses of two threads to one element, at least one of them a write, that nothing orders.
 * Within a block a barrier does; between blocks only the end of the launch.
 *
 * <p>Threads are numbered through all launches, so that a number tells the launch and the block; a
 * phase is the time between two barriers.
 */
final class RaceDetector {
  private int firstOfLaunch = 1;
  private int firstOfBlock = 1;
  private int next = 1;
  private int phase;

  void beginLaunch() {
    firstOfLaunch = next;
    phase++;
  }

  void beginBlock() {
    firstOfBlock = next;
    phase++;
  }

  void endBlock(int threads) {
    next += threads;
  }

  void barrier() {
    phase++;
  }

  /** See {@link Frame.Watch}. */
  String fault(Memory memory, int position, boolean write, long[] variables) {
    if (memory.buffer().scope() == Scope.LOCAL) {
      return null;
    }
    int thread = firstOfBlock + Frame.thread(variables);
    ThreadAccesses accesses = memory.threadAccesses();
    int writer = accesses.writer(position);
    String fault = null;
    if (races(thread, writer, accesses.writePhase(position))) {
      fault = "is written by another thread with no barrier between";
    } else if (write) {
      int reader = accesses.reader(position);
      boolean several = reader == ThreadAccesses.SEVERAL;
      if ((several && accesses.readPhase(position) == phase)
          || races(thread, reader, accesses.readPhase(position))) {
        fault = "is read by another thread with no barrier between";
      }
    }
    if (write) {
      accesses.written(position, thread, phase);
    } else {
      accesses.read(position, thread, phase);
    }
    return fault;
  }

  /** Notes that what a thread copied has come to its place. */
  void written(Memory memory, int position, long[] variables) {
    if (memory.buffer().scope() != Scope.LOCAL) {
      memory.threadAccesses().written(position, firstOfBlock + Frame.thread(variables), phase);
    }
  }

  /** Notes that a thread has read an element only now. */
  void read(Memory memory, int position, long[] variables) {
    memory.threadAccesses().read(position, firstOfBlock + Frame.thread(variables), phase);
  }

  /** True where nothing comes between the other thread's access and one now. */
  private boolean races(int thread, int other, int otherPhase) {
    if (other <= 0 || other == thread || other < firstOfLaunch) {
      return false;
    }
    return other < firstOfBlock || otherPhase == phase;
  }
}
