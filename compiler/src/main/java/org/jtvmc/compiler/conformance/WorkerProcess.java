package org.jtvmc.compiler.conformance;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jtvmc.compiler.conformance.CaseOutcome.Status;
import org.jtvmc.tuner.measure.worker.JavaCommand;

/** Runs cases in a process of their own, which is replaced when one ends it or takes too long. */
final class WorkerProcess implements AutoCloseable {

  private static final int LAST_LINES = 20;
  private static final Map<Integer, String> SIGNALS =
      Map.of(4, "SIGILL", 6, "SIGABRT", 7, "SIGBUS", 8, "SIGFPE", 9, "SIGKILL", 11, "SIGSEGV");

  private final Path scratch;
  private final Duration limit;
  private final ObjectMapper mapper = new ObjectMapper();
  private Optional<Life> life = Optional.empty();
  private boolean stopped;

  /** One process, from its start to its end. */
  private static final class Life {
    private final Process process;
    private final BufferedWriter requests;

    /** An answer, or nothing any more. */
    private final BlockingQueue<Optional<String>> answers = new LinkedBlockingQueue<>();

    private final Deque<String> lastLines = new ArrayDeque<>();

    Life(Path scratch) throws IOException {
      process = new ProcessBuilder(command(scratch)).start();
      requests = process.outputWriter(StandardCharsets.UTF_8);
      Thread.ofVirtual()
          .start(
              () -> {
                process
                    .inputReader(StandardCharsets.UTF_8)
                    .lines()
                    .forEach(line -> answers.add(Optional.of(line)));
                answers.add(Optional.empty());
              });
      Thread.ofVirtual().start(() -> process.errorReader().lines().forEach(this::remember));
    }

    /**
     * What the process keeps for a while lies in its folder too: it is gone with the folder where
     * the process was killed. Ctrl-C is for its parent, which then ends it.
     */
    private static List<String> command(Path scratch) {
      return JavaCommand.deafToInterrupts(
          List.of("-XX:ActiveProcessorCount=1", "-Djava.io.tmpdir=" + scratch),
          ConformanceWorker.class.getName(),
          List.of(scratch.toString()));
    }

    private void remember(String line) {
      synchronized (lastLines) {
        lastLines.add(line);
        if (lastLines.size() > LAST_LINES) {
          lastLines.removeFirst();
        }
      }
    }

    /** A linker that it has started would go on writing. */
    void end() {
      List<ProcessHandle> started = process.descendants().toList();
      process.toHandle().destroyForcibly();
      started.forEach(ProcessHandle::destroyForcibly);
      try {
        process.waitFor(5, TimeUnit.SECONDS);
        requests.close();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      } catch (IOException e) {
        if (process.isAlive()) {
          throw new UncheckedIOException(e);
        }
      }
    }

    String epitaph() throws InterruptedException {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        return "its process does not end";
      }
      int code = process.exitValue();
      synchronized (lastLines) {
        String words =
            lastLines.stream()
                .filter(line -> line.contains("LLVM ERROR") || line.contains("OutOfMemoryError"))
                .findFirst()
                .orElse("");
        String cause = SIGNALS.getOrDefault(code - 128, "exit code " + code);
        return "its process ended by %s %s".formatted(cause, words).strip();
      }
    }
  }

  /**
   * @param scratch a folder of this process's own, for libraries
   * @param limit for one case
   */
  WorkerProcess(Path scratch, Duration limit) {
    this.scratch = scratch;
    this.limit = limit;
  }

  /**
   * Runs one case; never fails, whatever the case does.
   *
   * @return empty where the process was stopped
   */
  Optional<CaseOutcome> run(ConformanceCase test) throws InterruptedException {
    Optional<CaseOutcome> outcome = ask(test);
    synchronized (this) {
      return stopped ? Optional.empty() : outcome;
    }
  }

  private Optional<CaseOutcome> ask(ConformanceCase test) throws InterruptedException {
    try {
      Optional<Life> running = running();
      if (running.isEmpty()) {
        return Optional.empty();
      }
      Life current = running.get();
      current.requests.write(test.folder() + "\n");
      current.requests.flush();
      Optional<String> answer = current.answers.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (answer == null) {
        close();
        return failed(test, "not done after %d s".formatted(limit.toSeconds()));
      }
      if (answer.isPresent()) {
        return Optional.of(mapper.readValue(answer.get(), CaseOutcome.class));
      }
      String epitaph = current.epitaph();
      close();
      return failed(test, epitaph);
    } catch (IOException e) {
      close();
      return failed(test, "its process cannot be asked: " + e.getMessage());
    }
  }

  /** The process, started where there is none; empty where none is to be started any more. */
  private synchronized Optional<Life> running() throws IOException {
    if (life.isEmpty() && !stopped) {
      Files.createDirectories(scratch);
      life = Optional.of(new Life(scratch));
    }
    return life;
  }

  private static Optional<CaseOutcome> failed(ConformanceCase test, String reason) {
    return Optional.of(new CaseOutcome(test.name(), Status.FAILED, reason, List.of(), List.of()));
  }

  /** Ends the process, and starts none any more; from any thread. */
  synchronized void stop() {
    stopped = true;
    life.ifPresent(Life::end);
  }

  @Override
  public synchronized void close() {
    life.ifPresent(Life::end);
    life = Optional.empty();
  }
}
