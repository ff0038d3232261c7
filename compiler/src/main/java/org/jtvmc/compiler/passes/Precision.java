package org.jtvmc.compiler.passes;

import java.util.Optional;
import org.jtvmc.ir.type.DType;

/**
 * How weights and the activations that products read are stored. Sums are always of 32 bits, and so
 * is what lies between products: norms, softmax, activations.
 */
public enum Precision {
  /** As the model says. */
  FP32(1e-4, 1e-3),

  /** 8 bits of significance and the range of {@code float32}. */
  BF16(0.1, 0.05),

  /** 11 bits of significance; beyond 65504 numbers become infinite. */
  FP16(0.02, 0.01),

  /** 11 bits of significance and the range of {@code float32}, in 32 bits of memory. */
  TF32(0.02, 0.01);

  private final double absolute;
  private final double relative;

  Precision(double absolute, double relative) {
    this.absolute = absolute;
    this.relative = relative;
  }

  /** The type of what is stored in place of {@code float32}; empty where it stays. */
  public Optional<DType> storage() {
    return switch (this) {
      case FP32 -> Optional.empty();
      case BF16 -> Optional.of(DType.BF16);
      case FP16 -> Optional.of(DType.F16);
      case TF32 -> Optional.of(DType.TF32);
    };
  }

  /**
   * How far a network's output may be from that of {@code float32}, absolutely. Networks whose
   * outputs are normalised, as those of transformers are, stay within.
   */
  public double absoluteTolerance() {
    return absolute;
  }

  /** The same as a part of the output. */
  public double relativeTolerance() {
    return relative;
  }
}
