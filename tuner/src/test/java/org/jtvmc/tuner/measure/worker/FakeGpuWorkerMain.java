package org.jtvmc.tuner.measure.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A worker on a machine whose CUDA driver is the stand-in of the tests. */
public final class FakeGpuWorkerMain {

  /** Where the stand-in is. */
  static final Path DRIVER = Path.of("target/fake-cuda/libcuda.so.1");

  /** Where the stand-in for the library that tells clocks is; it need not be there. */
  static final Path CLOCKS = DRIVER.resolveSibling("libnvidia-ml.so.1");

  private FakeGpuWorkerMain() {}

  /** The libraries are found under their usual names because they are loaded already. */
  public static void main(String[] args) throws IOException {
    System.load(DRIVER.toAbsolutePath().toString());
    if (Files.exists(CLOCKS)) {
      System.load(CLOCKS.toAbsolutePath().toString());
    }
    WorkerMain.main(args);
  }
}
