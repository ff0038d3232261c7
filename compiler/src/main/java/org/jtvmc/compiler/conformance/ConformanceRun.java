package org.jtvmc.compiler.conformance;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Runs many cases, several at a time. */
public final class ConformanceRun {

  private final Path scratch;
  private final int jobs;
  private final Duration limit;
  private final Set<WorkerProcess> workers = ConcurrentHashMap.newKeySet();
  private volatile boolean stopped;

  /**
   * @param scratch a folder for libraries
   * @param jobs how many processes
   * @param limit for one case
   */
  public ConformanceRun(Path scratch, int jobs, Duration limit) {
    this.scratch = scratch;
    this.jobs = jobs;
    this.limit = limit;
  }

  /** Ends the processes, and starts none any more; from any thread. */
  public void stop() {
    stopped = true;
    workers.forEach(WorkerProcess::stop);
  }

  /** Whether it was told to end. */
  public boolean stopped() {
    return stopped;
  }

  /**
   * The outcomes, in the order of the cases: of all, or of those that were done before {@link
   * #stop}.
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
            workers.add(worker);
            for (int i = next.getAndIncrement();
                i < outcomes.length && !stopped;
                i = next.getAndIncrement()) {
              Optional<CaseOutcome> outcome = worker.run(cases.get(i));
              outcomes[i] = outcome.orElse(null);
              outcome.ifPresent(progress);
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
    return Arrays.stream(outcomes).filter(Objects::nonNull).toList();
  }
}
