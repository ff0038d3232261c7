package org.jtvmc.tuner.record;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;

/**
 * What of a target decides which schedule is best: the part of a record's key that is not the
 * workload. Flags that change no code are left out, so that they never hide a record.
 *
 * @param kind the first word of the target string
 * @param cpu LLVM's name of the processor, or the architecture of a GPU
 * @param features the features that code generation looks at, sorted
 * @param cores the threads that the kernel ran on, or the multiprocessors of a GPU
 */
public record RecordTarget(String kind, String cpu, List<String> features, int cores) {

  /** Prefixes of the features that change which instructions a kernel is made of. */
  private static final Set<String> RELEVANT =
      Set.of("avx", "amx", "fma", "sve", "neon", "dotprod", "i8mm", "bf16", "fullfp16");

  public RecordTarget {
    features = List.copyOf(features);
  }

  public static RecordTarget of(Target target) {
    TreeSet<String> features = new TreeSet<>();
    for (String feature : target.features()) {
      if (RELEVANT.stream().anyMatch(feature::startsWith)) {
        features.add(feature);
      }
    }
    return switch (target) {
      case CpuTarget cpu ->
          new RecordTarget(cpu.kind(), cpu.cpu(), List.copyOf(features), cpu.cores());
      // The schedule depends on how many multiprocessors share the blocks out.
      case CudaTarget gpu ->
          new RecordTarget(gpu.kind(), gpu.name(), List.of(), gpu.multiprocessors());
    };
  }

  /** True where a schedule found for {@code other} fits this machine but for the thread count. */
  public boolean sameCode(RecordTarget other) {
    return kind.equals(other.kind) && cpu.equals(other.cpu) && features.equals(other.features);
  }
}
