package org.jtvmc.tuner.measure.worker;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jtvmc.codegen.kernel.KernelObject;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.tuner.measure.KernelCode;
import org.jtvmc.tuner.measure.KernelSource;
import org.jtvmc.tuner.measure.ObjectCode;
import org.jtvmc.tuner.measure.wire.LoopDigest;

/**
 * Compiles what rewrites constants. Most candidates of a task want them in one of few orders, and a
 * transform of weights takes as long to compile as the kernel that reads them: those compiled last
 * are kept. For any number of threads.
 */
final class PackingBuilder {
  private static final int KEPT = 64;
  private static final float LOAD_FACTOR = 0.75f;

  /** By the loops, the one that was asked for last at the end. */
  private final Map<String, KernelObject> kept = new LinkedHashMap<>(KEPT, LOAD_FACTOR, true);

  /**
   * The packing functions of a candidate, each in an object of its own.
   *
   * @param compile makes an object of one function
   */
  List<KernelCode.Packing> build(KernelSource source, Function<PrimFunc, KernelObject> compile) {
    List<KernelCode.Packing> packings = new ArrayList<>();
    for (KernelSource.Packing packing : source.packings()) {
      PrimFunc function = LlvmKernelBuilder.named(KernelCode.PACKING, packing.function());
      KernelObject object = object(function, compile);
      packings.add(
          new KernelCode.Packing(
              packing.input(),
              LlvmKernelBuilder.bytes(function.outputs().getFirst()),
              object.kernel(KernelCode.PACKING).workspaceBytes(),
              new ObjectCode(object.code())));
    }
    return packings;
  }

  private KernelObject object(PrimFunc function, Function<PrimFunc, KernelObject> compile) {
    String digest = LoopDigest.of(function);
    KernelObject known;
    synchronized (kept) {
      known = kept.get(digest);
    }
    if (known != null) {
      return known;
    }
    // Two threads may do the same work; that is better than that one waits for the other's.
    KernelObject object = compile.apply(function);
    synchronized (kept) {
      kept.put(digest, object);
      if (kept.size() > KEPT) {
        kept.remove(kept.keySet().iterator().next());
      }
    }
    return object;
  }
}
