package org.jtvmc.schedule.intrinsic;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jtvmc.ir.target.Target;

/** All intrinsics of all targets. */
public final class TensorIntrinsics {

  /** The fastest first. */
  public static final List<TensorIntrinsic> LIST =
      Stream.concat(TileProducts.all().stream(), Stream.of(DotProducts.vnni(), DotProducts.bf16()))
          .toList();

  private TensorIntrinsics() {}

  /** The intrinsic named {@code name}. */
  public static Optional<TensorIntrinsic> find(String name) {
    return LIST.stream().filter(intrinsic -> intrinsic.name().equals(name)).findFirst();
  }

  /** Those that {@code target} has. */
  public static List<TensorIntrinsic> of(Target target) {
    return LIST.stream().filter(intrinsic -> intrinsic.available().test(target)).toList();
  }
}
