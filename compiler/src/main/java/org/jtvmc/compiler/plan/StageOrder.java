package org.jtvmc.compiler.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.graph.SizeSymbols;
import org.jtvmc.ir.op.control.SizesOfRun;
import org.jtvmc.ir.type.Dim;

/** An order of uses in which each comes after those that say what its sizes are. */
final class StageOrder {

  private final List<KernelUse> uses;
  private final Map<Dim.Symbol, Integer> givers = new HashMap<>();
  private final Map<Value, Integer> makers = new IdentityHashMap<>();

  private StageOrder(List<KernelUse> uses) {
    this.uses = uses;
    for (int i = 0; i < uses.size(); i++) {
      int use = i;
      uses.get(i).outputs().forEach(output -> makers.put(output, use));
      decided(uses.get(i)).forEach(symbol -> givers.put(symbol, use));
    }
  }

  /**
   * The same uses. Where none gives sizes, as they are.
   *
   * @param uses each behind those that make its inputs
   */
  static List<KernelUse> of(List<KernelUse> uses) {
    StageOrder order = new StageOrder(uses);
    return order.givers.isEmpty() ? uses : order.sorted();
  }

  /** The sizes that a use gives their numbers. */
  static List<Dim.Symbol> decided(KernelUse use) {
    return use
        .host()
        .filter(call -> ((Operator) call.callee()).name().equals(SizesOfRun.NAME))
        .map(call -> SizesOfRun.values(call.attributes()))
        .orElse(List.of())
        .stream()
        .filter(Dim.Symbol.class::isInstance)
        .map(Dim.Symbol.class::cast)
        .toList();
  }

  /** Of those that may come next the first. */
  private List<KernelUse> sorted() {
    List<List<Integer>> followers = new ArrayList<>();
    int[] missing = new int[uses.size()];
    uses.forEach(_ -> followers.add(new ArrayList<>()));
    for (int i = 0; i < uses.size(); i++) {
      Set<Integer> needed = needed(i);
      missing[i] = needed.size();
      for (int before : needed) {
        followers.get(before).add(i);
      }
    }
    PriorityQueue<Integer> ready = new PriorityQueue<>();
    for (int i = 0; i < uses.size(); i++) {
      if (missing[i] == 0) {
        ready.add(i);
      }
    }
    List<KernelUse> sorted = new ArrayList<>();
    while (!ready.isEmpty()) {
      int next = ready.remove();
      sorted.add(uses.get(next));
      for (int follower : followers.get(next)) {
        if (--missing[follower] == 0) {
          ready.add(follower);
        }
      }
    }
    if (sorted.size() < uses.size()) {
      throw new IllegalStateException("a size depends on a value of that size");
    }
    return sorted;
  }

  private Set<Integer> needed(int use) {
    Set<Integer> needed = new HashSet<>();
    for (Value input : uses.get(use).inputs()) {
      Integer maker = makers.get(input.storage());
      if (maker != null) {
        needed.add(maker);
      }
    }
    List<Dim.Symbol> own = decided(uses.get(use));
    for (Dim.Symbol symbol : SizeSymbols.of(uses.get(use).function().body())) {
      if (givers.containsKey(symbol) && !own.contains(symbol)) {
        needed.add(givers.get(symbol));
      }
    }
    return needed;
  }
}
