package org.jtvmc.compiler.conformance;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Runs many cases, several at a time.
 *
 * @param scratch a folder for libraries
 * @param jobs how many processes
 * @param limit for one case
 */
public record ConformanceRun(Path scratch, int jobs, Duration limit) {

  /**
   * The outcomes, in the order of the cases.
   *
   * @param progress hears of each as it is there; called by several threads
   */
  public List<CaseOutcome> run(List<ConformanceCase> cases, Consumer<CaseOutcome> progress) {
    CaseOutcome[] outcomes = new CaseOutcome[cases.size()];
    AtomicInteger next = new AtomicInteger();
    AtomicInteger processes = new AtomicInteger();
    Callable<Void> job =
        () -> {
          Path own = scratch.resolve("job" + processes.getAndIncrement());
          try (WorkerProcess worker = new WorkerProcess(own, limit)) {
            for (int i = next.getAndIncrement(); i < outcomes.length; i = next.getAndIncrement()) {
              outcomes[i] = worker.run(cases.get(i));
              progress.accept(outcomes[i]);
            }
          }
          return null;
        };
    try (ExecutorService executor = Executors.newFixedThreadPool(jobs)) {
      for (Future<Void> done : executor.invokeAll(Collections.nCopies(jobs, job))) {
        done.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while cases ran", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    }
    return Arrays.asList(outcomes);
  }
}
