package org.jtvmc.ir.interpret;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The copies that the threads of one block have started and not waited for. The element that a copy
 * writes may not be touched until its thread has waited; from then on the thread has written it.
 */
final class AsyncCopies {
  private record Copy(Memory memory, int position) {}

  private static final class OfThread {
    private List<Copy> open = new ArrayList<>();
    private final Deque<List<Copy>> groups = new ArrayDeque<>();
  }

  private final RaceDetector races;
  private final List<OfThread> threads = new ArrayList<>();

  AsyncCopies(RaceDetector races) {
    this.races = races;
  }

  void beginBlock(int count) {
    threads.clear();
    for (int i = 0; i < count; i++) {
      threads.add(new OfThread());
    }
  }

  void started(Memory memory, int position, long[] variables) {
    memory.setUnderWay(position, true);
    threads.get(Frame.thread(variables)).open.add(new Copy(memory, position));
  }

  void commit(long[] variables) {
    OfThread own = threads.get(Frame.thread(variables));
    own.groups.addLast(own.open);
    own.open = new ArrayList<>();
  }

  /** All groups of the thread are there but the latest {@code pending}. */
  void await(int pending, long[] variables) {
    Deque<List<Copy>> groups = threads.get(Frame.thread(variables)).groups;
    while (groups.size() > pending) {
      for (Copy copy : groups.removeFirst()) {
        copy.memory.setUnderWay(copy.position, false);
        races.written(copy.memory, copy.position, variables);
      }
    }
  }

  /** A block must not end before its copies do. */
  void endBlock() {
    for (OfThread own : threads) {
      own.groups.addLast(own.open);
      own.groups.stream()
          .flatMap(List::stream)
          .findFirst()
          .ifPresent(
              copy -> {
                throw new LoopFault(
                    "a block ends while a copy into %s is under way"
                        .formatted(copy.memory.buffer()));
              });
    }
  }
}
