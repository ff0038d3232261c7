package org.jtvmc.ir.op;

import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jtvmc.ir.type.Dim;

/**
 * What type rules take for granted of sizes that are known only at run time. Whoever makes calls
 * may listen, and have it checked before the model runs.
 */
public final class SizeAssumptions {

  private static final ScopedValue<BiConsumer<Dim, Dim>> LISTENER = ScopedValue.newInstance();

  private SizeAssumptions() {}

  /** Runs {@code work}; {@code listener} hears of every two sizes that are taken for equal. */
  public static <T> T during(BiConsumer<Dim, Dim> listener, Supplier<T> work) {
    return ScopedValue.where(LISTENER, listener).call(work::get);
  }

  /** Takes a size for one that is at least 0: it is the larger of itself and 0. */
  public static void natural(Dim size) {
    Dim larger = Dim.derive(Dim.Operation.MAX, size, Dim.of(0));
    if (!larger.equals(size)) {
      equal(larger, size);
    }
  }

  static void equal(Dim a, Dim b) {
    if (LISTENER.isBound()) {
      LISTENER.get().accept(a, b);
    }
  }
}
