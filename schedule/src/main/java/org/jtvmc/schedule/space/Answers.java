package org.jtvmc.schedule.space;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jtvmc.schedule.step.Step;

/**
 * What rules have found out about a kernel, for the next candidate: most of them begin with the
 * same few steps. Used from several threads at once.
 */
final class Answers {
  /** The least recently used are forgotten. */
  private static final int MOST = 512;

  /**
   * A question, and all that its answer depends on.
   *
   * @param steps taken so far
   * @param scheduled the stages that need no other rule
   */
  private record Question(List<Step> steps, Set<String> scheduled, String text) {}

  private final Map<Question, Object> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Question, Object> eldest) {
          return size() > MOST;
        }
      };

  /**
   * The answer, which {@code find} gives where it is not known.
   *
   * @param text of the question; always asked for the same type
   */
  <T> T answer(
      List<Step> steps, Set<String> scheduled, String text, Class<T> type, Supplier<T> find) {
    Question question = new Question(steps, Set.copyOf(scheduled), text);
    Optional<Object> before;
    synchronized (known) {
      before = Optional.ofNullable(known.get(question));
    }
    if (before.isPresent()) {
      return type.cast(before.get());
    }
    T found = find.get();
    synchronized (known) {
      known.put(question, found);
    }
    return found;
  }
}
