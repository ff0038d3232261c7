package org.jtvmc.tuner.measure.worker;

import java.io.IOException;
import java.nio.file.Path;

/** A worker on a machine whose CUDA driver is the stand-in of the tests. */
public final class FakeGpuWorkerMain {

  /** Where the stand-in is. */
  static final Path DRIVER = Path.of("target/fake-cuda/libcuda.so.1");

  private FakeGpuWorkerMain() {}

  /** The driver is found under its usual name because it is loaded already. */
  public static void main(String[] args) throws IOException {
    System.load(DRIVER.toAbsolutePath().toString());
    WorkerMain.main(args);
  }
}
