package org.jtvmc.tuner.measure.worker;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jtvmc.ir.file.FileFault;
import org.jtvmc.tuner.measure.MeasureException;

/** One life of a worker process, from its start to its end. Used by one thread. */
final class WorkerProcess implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);
  private static final int LAST_LINES = 40;
  private static final Pattern SIGNAL = Pattern.compile("\\b(SIG[A-Z]{3,5})\\b");
  private static final Map<Integer, String> SIGNALS =
      Map.of(4, "SIGILL", 6, "SIGABRT", 7, "SIGBUS", 8, "SIGFPE", 9, "SIGKILL", 11, "SIGSEGV");

  /** What came in: a message, or nothing any more. */
  private final BlockingQueue<Optional<Frames.Message>> arrived = new LinkedBlockingQueue<>();

  private final Deque<String> lastLines = new ArrayDeque<>();
  private final Set<String> prepared = new HashSet<>();
  private final Process process;
  private final Frames frames;
  private final Thread reader;

  /**
   * Starts a process and waits until it is ready.
   *
   * @throws MeasureException where it does not start
   */
  static WorkerProcess start(WorkerTarget target, String mainClass) {
    try (WorkerLaunch launch = WorkerLaunch.begin(mainClass)) {
      return of(launch, target);
    }
  }

  /**
   * Takes over a process and waits until it is ready.
   *
   * @throws MeasureException where it does not start
   */
  static WorkerProcess of(WorkerLaunch launch, WorkerTarget target) {
    try {
      return new WorkerProcess(launch, target);
    } catch (IOException e) {
      throw new MeasureException(
          "the process that measures candidates cannot be started: " + FileFault.reason(e), e);
    }
  }

  private WorkerProcess(WorkerLaunch launch, WorkerTarget target) throws IOException {
    process = launch.take();
    BufferedReader output = process.inputReader();
    reader = Thread.ofVirtual().start(() -> output.lines().forEach(this::remember));
    try {
      Optional<SocketChannel> connection = launch.connection();
      if (connection.isEmpty()) {
        throw new MeasureException(
            "the process that measures candidates did not start: " + epitaph());
      }
      frames = new Frames(connection.get());
      Thread.ofVirtual().start(this::listen);
      frames.send(MessageKind.START, 0, out -> Messages.write(target, out));
      if (receive(START).flatMap(m -> m).isEmpty()) {
        throw new MeasureException(
            "the process that measures candidates did not start: " + epitaph());
      }
    } catch (IOException | RuntimeException e) {
      kill();
      throw e;
    }
  }

  private void listen() {
    try {
      while (true) {
        arrived.add(Optional.of(frames.receive()));
      }
    } catch (IOException _) {
      arrived.add(Optional.empty());
    }
  }

  private void remember(String line) {
    synchronized (lastLines) {
      lastLines.add(line);
      if (lastLines.size() > LAST_LINES) {
        lastLines.removeFirst();
      }
    }
  }

  /** The keys of the tasks that the process has been given. */
  Set<String> prepared() {
    return prepared;
  }

  /** Sends a message; a process that is gone shows in the next {@link #receive}. */
  void send(MessageKind kind, int id, Frames.Contents contents) {
    try {
      frames.send(kind, id, contents);
    } catch (IOException _) {
      arrived.add(Optional.empty());
    }
  }

  /**
   * The next message: nothing where none came in time, and a nothing inside where the process is
   * gone.
   */
  Optional<Optional<Frames.Message>> receive(Duration limit) {
    try {
      return Optional.ofNullable(arrived.poll(limit.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MeasureException("interrupted", e);
    }
  }

  /** Ends the process at once. */
  void kill() {
    process.toHandle().destroyForcibly();
    try {
      process.waitFor(5, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** True where the process was killed from outside, which is no fault of a candidate. */
  boolean wasKilled() {
    return exitCode().filter(code -> code == 128 + 9).isPresent();
  }

  /** Of what the process died: {@code SIGSEGV}, or the compiler's last words. */
  String epitaph() {
    Optional<Integer> code = exitCode();
    readLastWords();
    synchronized (lastLines) {
      for (String line : lastLines) {
        if (line.startsWith("LLVM ERROR")
            || line.startsWith("Exception in thread")
            || line.contains("OutOfMemoryError")) {
          return line;
        }
      }
      for (String line : lastLines) {
        Matcher signal = SIGNAL.matcher(line);
        if (line.startsWith("#") && signal.find()) {
          return signal.group(1);
        }
      }
      String cause =
          code.map(c -> SIGNALS.getOrDefault(c - 128, "exit code " + c)).orElse("no exit code");
      return lastLines.isEmpty() ? cause : cause + ": " + lastLines.getLast();
    }
  }

  /** The process may be gone before all that it wrote has been read. */
  private void readLastWords() {
    try {
      reader.join(Duration.ofSeconds(5));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private Optional<Integer> exitCode() {
    try {
      return process.waitFor(5, TimeUnit.SECONDS)
          ? Optional.of(process.exitValue())
          : Optional.empty();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  long pid() {
    return process.pid();
  }

  @Override
  public void close() {
    try {
      frames.close();
      process.getOutputStream().close();
      if (process.waitFor(500, TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (IOException _) {
      // It is killed below.
      kill();
      return;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    kill();
  }
}
