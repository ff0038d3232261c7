package org.jtvmc.ir.interpret;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.loop.Scope;

/**
 * Finds accesses of two threads to one element, at least one of them a write, that nothing orders.
 * Within a block a barrier does; between blocks the end of the launch, and between those that are
 * counted together and the last of them its counting.
 *
 * <p>Threads are numbered through all launches, so that a number tells the launch and the block; a
 * phase is the time between two barriers.
 */
final class RaceDetector {
  private int firstOfLaunch = 1;
  private int firstOfBlock = 1;
  private int next = 1;
  private int phase;
  private int threads;

  private record Counter(Memory memory, int position) {}

  /** A block by its first thread, and the phase in which it was counted. */
  private record Counted(int first, int phase) {}

  private final Map<Counter, List<Counted>> counted = new HashMap<>();

  /** What the block under way sees of others: until when, by their first threads. */
  private final Map<Integer, Integer> seen = new HashMap<>();

  /**
   * @param ofBlock how many threads each block has
   */
  void beginLaunch(int ofBlock) {
    firstOfLaunch = next;
    threads = ofBlock;
    counted.clear();
    phase++;
  }

  void beginBlock() {
    firstOfBlock = next;
    seen.clear();
    phase++;
  }

  void endBlock() {
    next += threads;
  }

  /**
   * The block is counted, between two barriers.
   *
   * @param last true where it sees what all those before it wrote until they were counted
   */
  void counted(Memory counter, int position, boolean last) {
    Counter place = new Counter(counter, position);
    counted.computeIfAbsent(place, _ -> new ArrayList<>()).add(new Counted(firstOfBlock, phase));
    if (last) {
      counted.remove(place).forEach(block -> seen.put(block.first, block.phase));
    }
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

  private boolean isSeen(int other, int otherPhase) {
    int first = firstOfLaunch + (other - firstOfLaunch) / threads * threads;
    return otherPhase < seen.getOrDefault(first, 0);
  }

  /** True where nothing comes between the other thread's access and one now. */
  private boolean races(int thread, int other, int otherPhase) {
    if (other <= 0 || other == thread || other < firstOfLaunch) {
      return false;
    }
    return other < firstOfBlock ? !isSeen(other, otherPhase) : otherPhase == phase;
  }
}
