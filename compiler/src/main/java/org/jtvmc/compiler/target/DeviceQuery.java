package org.jtvmc.compiler.target;

import java.util.Optional;
import org.jtvmc.ir.target.CudaTarget;

/** Asks the driver which GPU this machine has. */
@FunctionalInterface
public interface DeviceQuery {
  /** Knows of none. */
  DeviceQuery NONE = Optional::empty;

  /** The first GPU, with its own figures; empty where there is no driver or no device. */
  Optional<CudaTarget> device();
}
