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

  /** One process, from its start to its end. */
  private static final class Life {
    private final Process process;
    private final BufferedWriter requests;

    /** An answer, or nothing any more. */
    private final BlockingQueue<Optional<String>> answers = new LinkedBlockingQueue<>();

    private final Deque<String> lastLines = new ArrayDeque<>();

    Life(Path scratch) throws IOException {
      process =
          new ProcessBuilder(
                  JavaCommand.of(
                      List.of("-XX:ActiveProcessorCount=1"),
                      ConformanceWorker.class.getName(),
                      List.of(scratch.toString())))
              .start();
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

    private void remember(String line) {
      synchronized (lastLines) {
        lastLines.add(line);
        if (lastLines.size() > LAST_LINES) {
          lastLines.removeFirst();
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

  /** Runs one case; never fails, whatever the case does. */
  CaseOutcome run(ConformanceCase test) throws InterruptedException {
    try {
      Files.createDirectories(scratch);
      if (life.isEmpty()) {
        life = Optional.of(new Life(scratch));
      }
      Life current = life.get();
      current.requests.write(test.folder() + "\n");
      current.requests.flush();
      Optional<String> answer = current.answers.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (answer == null) {
        close();
        return failed(test, "not done after %d s".formatted(limit.toSeconds()));
      }
      if (answer.isPresent()) {
        return mapper.readValue(answer.get(), CaseOutcome.class);
      }
      String epitaph = current.epitaph();
      close();
      return failed(test, epitaph);
    } catch (IOException e) {
      close();
      return failed(test, "its process cannot be asked: " + e.getMessage());
    }
  }

  private static CaseOutcome failed(ConformanceCase test, String reason) {
    return new CaseOutcome(test.name(), Status.FAILED, reason, List.of(), List.of());
  }

  @Override
  public void close() {
    life.ifPresent(
        current -> {
          current.process.toHandle().destroyForcibly();
          try {
            current.process.waitFor(5, TimeUnit.SECONDS);
            current.requests.close();
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          } catch (IOException e) {
            if (current.process.isAlive()) {
              throw new UncheckedIOException(e);
            }
          }
        });
    life = Optional.empty();
  }
}
