package org.jtvmc.schedule;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * What was found out about a computation, for all its schedules. Kept as long as the computation,
 * so that there must be few questions. Used from several threads at once.
 */
public final class Findings {
  private final Map<Object, Object> known = new ConcurrentHashMap<>();

  /**
   * The answer, which {@code find} gives where it is not known yet.
   *
   * @param question equal to itself when it is asked again; always asked for the same type
   */
  public <T> T answer(Object question, Class<T> type, Supplier<T> find) {
    Object answer = known.get(question);
    if (answer == null) {
      answer = find.get();
      known.put(question, answer);
    }
    return type.cast(answer);
  }
}
