package org.jtvmc.ir.pass;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Runs a list of passes, whose order it has checked. Immutable.
 *
 * @param <T> the IR
 */
public final class PassManager<T> {
  private final List<Pass<T>> passes;
  private final List<PassListener<T>> listeners;

  private PassManager(List<? extends Pass<T>> passes, List<PassListener<T>> listeners) {
    this.passes = List.copyOf(passes);
    this.listeners = List.copyOf(listeners);
    checkOrder();
  }

  /**
   * A manager of those passes.
   *
   * @throws PassOrderException where a pass requires what no pass before it establishes, or what
   *     one in between breaks
   */
  public static <T> PassManager<T> of(List<? extends Pass<T>> passes) {
    return new PassManager<>(passes, List.of());
  }

  /**
   * The same without the passes of those names.
   *
   * @throws IllegalArgumentException where there is no pass of a name
   * @throws PassOrderException where a pass that stays requires one that goes
   */
  public PassManager<T> without(Collection<String> names) {
    Set<String> known = passes.stream().map(Pass::name).collect(Collectors.toSet());
    for (String name : names) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "there is no pass '%s'; the passes are %s"
                .formatted(name, names().stream().distinct().collect(Collectors.joining(", "))));
      }
    }
    return new PassManager<>(
        passes.stream().filter(pass -> !names.contains(pass.name())).toList(), listeners);
  }

  /** The same, watched by one more listener. */
  public PassManager<T> watchedBy(PassListener<T> listener) {
    List<PassListener<T>> more = new ArrayList<>(listeners);
    more.add(listener);
    return new PassManager<>(passes, more);
  }

  public List<Pass<T>> passes() {
    return passes;
  }

  /** The names of the passes, in order. */
  public List<String> names() {
    return passes.stream().map(Pass::name).toList();
  }

  /** Runs all passes in order. */
  public T run(T ir) {
    T current = ir;
    for (Pass<T> pass : passes) {
      long start = System.nanoTime();
      T after = pass.apply(current);
      Duration time = Duration.ofNanos(System.nanoTime() - start);
      for (PassListener<T> listener : listeners) {
        listener.ran(pass, current, after, time);
      }
      current = after;
    }
    return current;
  }

  private void checkOrder() {
    Set<Invariant> holds = new HashSet<>();
    Map<Invariant, Pass<T>> brokenBy = new HashMap<>();
    for (int i = 0; i < passes.size(); i++) {
      Pass<T> pass = passes.get(i);
      for (Invariant required : pass.requires()) {
        if (!holds.contains(required)) {
          throw new PassOrderException(reason(i, required, brokenBy.get(required)));
        }
      }
      for (Invariant broken : pass.breaks()) {
        if (holds.remove(broken)) {
          brokenBy.put(broken, pass);
        }
      }
      holds.addAll(pass.establishes());
    }
  }

  private String reason(int index, Invariant required, Pass<T> breaker) {
    String start = "pass %s requires '%s', which ".formatted(passes.get(index).name(), required);
    if (breaker != null) {
      return start + "pass " + breaker.name() + " before it breaks";
    }
    Optional<Pass<T>> later =
        passes.subList(index, passes.size()).stream()
            .filter(pass -> pass.establishes().contains(required))
            .findFirst();
    return later
        .map(pass -> start + "only pass " + pass.name() + " after it establishes")
        .orElse(start + "no pass before it establishes");
  }

  /** The passes, one a line, with what they require, establish and break. */
  @Override
  public String toString() {
    return passes.stream()
        .map(
            pass ->
                pass.name()
                    + list("requires", pass.requires())
                    + list("establishes", pass.establishes())
                    + list("breaks", pass.breaks()))
        .collect(Collectors.joining("\n"));
  }

  private static String list(String verb, Set<Invariant> invariants) {
    return invariants.isEmpty()
        ? ""
        : invariants.stream()
            .map(Invariant::name)
            .sorted()
            .collect(Collectors.joining(", ", "; " + verb + " ", ""));
  }
}
