package org.jtvmc.tuner.measure.worker;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jtvmc.codegen.driver.CudaContext;
import org.jtvmc.codegen.driver.CudaDriver;
import org.jtvmc.codegen.driver.CudaStream;
import org.jtvmc.codegen.driver.CudaUnavailableException;
import org.jtvmc.codegen.driver.DeviceClocks;

/** The first GPU of this machine, which one worker has for itself while it lives. */
final class DeviceMachine implements AutoCloseable {

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
    lockFile = lock();
    context = driver.device(0).open();
    stream = context.newStream();
    clocks = new DeviceClocks(context.device());
  }

  private static FileChannel lock() {
    Path file = Path.of(System.getProperty("java.io.tmpdir"), "jtvmc-gpu0.lock");
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock == null) {
        channel.close();
        throw new CudaUnavailableException(
            "another process measures on the GPU (it holds %s): wait for it".formatted(file));
      }
      return channel;
    } catch (IOException e) {
      throw new CudaUnavailableException(
          "the GPU cannot be reserved with %s: %s".formatted(file, e.getMessage()));
    }
  }

  CudaContext context() {
    return context;
  }

  CudaStream stream() {
    return stream;
  }

  DeviceClocks clocks() {
    return clocks;
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
