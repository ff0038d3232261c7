package org.jtvmc.compiler.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Makes Ctrl-C end work in good order: the process stays until what must be saved is saved, at most
 * for some time, and then ends with the shell's code for an interrupt.
 */
final class Interruption implements AutoCloseable {

  private static final long PATIENCE_S = 120;

  private final AtomicReference<Runnable> action = new AtomicReference<>(() -> {});
  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook = new Thread(this::interrupted, "interruption");

  Interruption() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** What makes the work end soon. */
  void onInterrupt(Runnable stop) {
    action.set(stop);
  }

  private void interrupted() {
    action.get().run();
    try {
      // While a shutdown hook runs, the other threads do.
      if (!done.await(PATIENCE_S, TimeUnit.SECONDS)) {
        System.err.println("jtvmc: what was running did not end in time; the records are saved");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The work is done and saved. */
  @Override
  public void close() {
    done.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending: the hook is what lets it.
      done.countDown();
    }
  }
}
