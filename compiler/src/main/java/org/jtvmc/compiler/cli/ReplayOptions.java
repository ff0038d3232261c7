package org.jtvmc.compiler.cli;

import org.jtvmc.compiler.passes.Precision;
import org.jtvmc.ir.target.Target;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code log replay} rebuilds: as it was said to {@code tune}. */
final class ReplayOptions {

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = "The model whose kernels to replay.")
  private String model;

  @Option(
      names = "--target",
      paramLabel = "T",
      defaultValue = "llvm",
      description = "The target to replay for.")
  private String target;

  @Option(
      names = "--num-threads",
      paramLabel = "N",
      description = "Threads that serve one run of what is replayed; by default one per core.")
  private int threads;

  @Mixin private ShapeOptions shapes;

  @Mixin private PrecisionOption precision;

  String model() {
    if (model == null) {
      throw new UsageException("log replay needs --model MODEL, whose kernels are rebuilt");
    }
    return model;
  }

  Target target(Machine machine) {
    return machine.target(target, threads);
  }

  ShapeOptions shapes() {
    return shapes;
  }

  Precision precision() {
    return precision.value();
  }
}
