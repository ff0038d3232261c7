package org.jtvmc.ir.interpret;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.loop.Scope;

/**
 * The products that the threads of one block have started and not waited for. Their sums may be
 * touched by such products alone, and what they read may not be written; when its thread has waited
 * for it, a product has just read its factors.
 */
final class AsyncProducts {

  /** What the products of a group touch. */
  private static final class Group {
    private final Map<Memory, BitSet> sums = new IdentityHashMap<>();
    private final Map<Memory, BitSet> factors = new IdentityHashMap<>();

    /** True where the element is new to the group. */
    static boolean add(Map<Memory, BitSet> to, Memory memory, int position) {
      BitSet positions = to.computeIfAbsent(memory, _ -> new BitSet());
      boolean before = positions.get(position);
      positions.set(position);
      return !before;
    }
  }

  private static final class OfThread {
    private Group open;
    private final Deque<Group> groups = new ArrayDeque<>();
  }

  private final RaceDetector races;
  private final List<OfThread> threads = new ArrayList<>();

  AsyncProducts(RaceDetector races) {
    this.races = races;
  }

  void beginBlock(int count) {
    threads.clear();
    for (int i = 0; i < count; i++) {
      threads.add(new OfThread());
    }
  }

  /** See {@link Frame.Watch}. */
  String fault(Memory memory, int position, boolean write, long[] variables) {
    Group open = threads.get(Frame.thread(variables)).open;
    if (memory.buffer().scope() == Scope.LOCAL) {
      if (open == null) {
        return memory.productAccesses().isSum(position)
            ? "is the sum of products: its thread has not waited for them"
            : null;
      }
      if (write) {
        Group.add(open.sums, memory, position);
        memory.productAccesses().setSum(position, true);
      }
    } else if (memory.buffer().scope() == Scope.SHARED) {
      if (write && memory.productAccesses().isRead(position)) {
        return "is read by products that were not waited for";
      }
      if (!write && open != null && Group.add(open.factors, memory, position)) {
        memory.productAccesses().beginRead(position);
      }
    }
    return null;
  }

  void start(long[] variables) {
    OfThread own = threads.get(Frame.thread(variables));
    if (own.open != null) {
      throw new LoopFault("a thread starts products before it has closed the group of others");
    }
    own.open = new Group();
  }

  void commit(long[] variables) {
    OfThread own = threads.get(Frame.thread(variables));
    if (own.open == null) {
      throw new LoopFault("a thread closes a group of products that it has not started");
    }
    own.groups.addLast(own.open);
    own.open = null;
  }

  /** All groups of the thread are done but the latest {@code pending}. */
  void await(int pending, long[] variables) {
    Deque<Group> groups = threads.get(Frame.thread(variables)).groups;
    while (groups.size() > pending) {
      Group done = groups.removeFirst();
      done.factors.forEach(
          (memory, positions) ->
              positions.stream()
                  .forEach(
                      position -> {
                        memory.productAccesses().endRead(position);
                        races.read(memory, position, variables);
                      }));
      done.sums.forEach(
          (memory, positions) ->
              positions.stream()
                  .filter(
                      position -> groups.stream().noneMatch(later -> sums(later, memory, position)))
                  .forEach(position -> memory.productAccesses().setSum(position, false)));
    }
  }

  private static boolean sums(Group group, Memory memory, int position) {
    BitSet positions = group.sums.get(memory);
    return positions != null && positions.get(position);
  }

  /** A block must not end before its products do. */
  void endBlock() {
    if (threads.stream().anyMatch(own -> own.open != null || !own.groups.isEmpty())) {
      throw new LoopFault("a block ends while products are under way");
    }
  }
}
