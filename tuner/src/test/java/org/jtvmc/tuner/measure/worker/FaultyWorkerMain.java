package org.jtvmc.tuner.measure.worker;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** A worker whose compiler crashes, hangs or refuses where the kernel's name says so. */
final class FaultyWorkerMain {
  private FaultyWorkerMain() {}

  public static void main(String[] args) throws IOException {
    System.out.println("whatever native code prints disturbs nothing");
    WorkerMain.serve(
        Path.of(args[0]),
        target -> {
          KernelBuilder real = new LlvmKernelBuilder(target);
          return source -> {
            switch (source.kernel().name()) {
              case "crash the compiler" ->
                  MemorySegment.ofAddress(8).reinterpret(8).set(ValueLayout.JAVA_LONG, 0, 1);
              case "hang the compiler" -> sleep();
              case "have the compiler killed" -> kill();
              case "refuse" -> throw new IllegalStateException("refused for the test");
              default -> {}
            }
            return real.build(source);
          };
        });
  }

  /** As the kernel does where memory runs out. */
  private static void kill() {
    try {
      new ProcessBuilder("kill", "-9", Long.toString(ProcessHandle.current().pid())).start();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    sleep();
  }

  private static void sleep() {
    try {
      Thread.sleep(1_000_000);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
