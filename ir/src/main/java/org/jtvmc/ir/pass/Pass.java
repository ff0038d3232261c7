package org.jtvmc.ir.pass;

import java.util.Set;

/**
 * A transformation of an IR: stateless, deterministic, and named by a verb phrase.
 *
 * @param <T> the IR, immutable
 */
public interface Pass<T> {

  /** The name in lists and options; the class's. */
  default String name() {
    return getClass().getSimpleName();
  }

  /** What must hold before. */
  default Set<Invariant> requires() {
    return Set.of();
  }

  /** What holds after, until a pass {@linkplain #breaks() breaks} it. */
  default Set<Invariant> establishes() {
    return Set.of();
  }

  /** What may hold before and need not hold after. */
  default Set<Invariant> breaks() {
    return Set.of();
  }

  /** The transformed IR; the same object where nothing changes. */
  T apply(T ir);
}
