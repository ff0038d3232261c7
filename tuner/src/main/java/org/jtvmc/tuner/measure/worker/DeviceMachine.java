package org.jtvmc.tuner.measure.worker;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import org.jtvmc.codegen.driver.CudaContext;
import org.jtvmc.codegen.driver.CudaDevice;
import org.jtvmc.codegen.driver.CudaDriver;
import org.jtvmc.codegen.driver.CudaStream;
import org.jtvmc.codegen.driver.CudaUnavailableException;
import org.jtvmc.codegen.driver.DeviceClocks;
import org.jtvmc.tuner.record.DeviceClock;

/** The first GPU of this machine, which one worker has for itself while it lives. */
final class DeviceMachine implements AutoCloseable {

  /** How long the process that measured before may take to end: its last kernel may hang. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final FileChannel lockFile;
  private final CudaDriver driver;
  private final CudaContext context;
  private final CudaStream stream;
  private final DeviceClocks clocks;
  private final boolean flush;

  /**
   * @param flush whether the L2 cache is emptied before each timed run
   * @throws CudaUnavailableException where there is none, or another process measures on it
   */
  DeviceMachine(boolean flush) {
    this.flush = flush;
    driver = CudaDriver.open();
    try {
      CudaDevice device = driver.device(0);
      context = device.open();
      lockFile = lock(device.busId());
    } catch (RuntimeException e) {
      driver.close();
      throw e;
    }
    stream = context.newStream();
    clocks = DeviceClocks.of(context.device());
  }

  /**
   * The device for this process alone.
   *
   * @param bus where it is plugged in: processes that see other devices count them in other ways
   */
  private static FileChannel lock(String bus) {
    Path file =
        Path.of(
            System.getProperty("java.io.tmpdir"), "jtvmc-gpu-" + bus.replace(':', '-') + ".lock");
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      for (long end = System.nanoTime() + PATIENCE.toNanos(); channel.tryLock() == null; ) {
        if (System.nanoTime() > end) {
          channel.close();
          throw new CudaUnavailableException(
              "another process measures on the GPU (it holds %s): wait for it".formatted(file));
        }
        Thread.sleep(100);
      }
      return channel;
    } catch (IOException e) {
      throw new CudaUnavailableException(
          "the GPU cannot be reserved with %s: %s".formatted(file, e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CudaUnavailableException("interrupted while another process measures on the GPU");
    }
  }

  CudaContext context() {
    return context;
  }

  CudaStream stream() {
    return stream;
  }

  /** The clock at which the GPU runs now, where it can be read. */
  Optional<DeviceClock> clock() {
    return clocks
        .read()
        .map(reading -> new DeviceClock(reading.multiprocessorMhz(), reading.heldDown()));
  }

  boolean flush() {
    return flush;
  }

  @Override
  public void close() {
    clocks.close();
    stream.close();
    context.close();
    driver.close();
    try {
      lockFile.close();
    } catch (IOException e) {
      throw new IllegalStateException("the GPU's lock cannot be given back", e);
    }
  }
}
