package org.jtvmc.compiler.target;

import java.util.Optional;
import org.jtvmc.codegen.driver.CudaDriver;
import org.jtvmc.codegen.driver.CudaUnavailableException;
import org.jtvmc.codegen.driver.DeviceProperties;
import org.jtvmc.ir.target.CudaTarget;

/** Asks the CUDA driver for the first GPU. */
public final class DriverQuery implements DeviceQuery {

  @Override
  public Optional<CudaTarget> device() {
    try (CudaDriver driver = CudaDriver.open()) {
      return Optional.of(target(driver.device(0).properties()));
    } catch (CudaUnavailableException _) {
      return Optional.empty();
    }
  }

  /**
   * The target that a GPU is, with the code that is for it alone; what its driver does not tell is
   * as usual for its architecture.
   */
  public static CudaTarget target(DeviceProperties device) {
    CudaTarget usual = CudaTarget.typical(device.capability());
    return new CudaTarget(
        device.capability(),
        CudaTarget.hasSpecific(device.capability()),
        device.multiprocessors(),
        device.sharedBytesPerBlock(),
        device.sharedBytesPerMultiprocessor(),
        device.l2Bytes(),
        told((long) device.memoryBytesPerSecond(), usual.bandwidthBytes()),
        told(device.clockMhz() * 1_000_000L, usual.clockHertz()));
  }

  private static long told(long value, long usual) {
    return value > 0 ? value : usual;
  }
}
