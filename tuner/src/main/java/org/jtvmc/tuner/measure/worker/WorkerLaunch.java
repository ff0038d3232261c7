package org.jtvmc.tuner.measure.worker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jtvmc.ir.file.FileFault;
import org.jtvmc.ir.file.TemporaryFolder;
import org.jtvmc.tuner.measure.MeasureException;

/**
 * A worker process that starts while its parent finds out what it is to measure. It is closed by
 * whoever launched it; the process ends then where {@link LocalWorker} has not taken it over.
 */
public final class WorkerLaunch implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);

  private final TemporaryFolder folder;
  private final ServerSocketChannel server;
  private final Process process;
  private boolean taken;

  private WorkerLaunch(TemporaryFolder folder, ServerSocketChannel server, Process process) {
    this.folder = folder;
    this.server = server;
    this.process = process;
  }

  /**
   * Starts a process and waits for nothing.
   *
   * @throws MeasureException where it cannot be started
   */
  public static WorkerLaunch begin(WorkerOptions options) {
    return begin(options.mainClass());
  }

  static WorkerLaunch begin(String mainClass) {
    try {
      TemporaryFolder folder = TemporaryFolder.create();
      try {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
          Path socket = folder.resolve("worker");
          server.bind(UnixDomainSocketAddress.of(socket));
          server.configureBlocking(false);
          List<String> command =
              JavaCommand.deafToInterrupts(List.of(), mainClass, List.of(socket.toString()));
          Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
          return new WorkerLaunch(folder, server, process);
        } catch (IOException e) {
          server.close();
          throw e;
        }
      } catch (IOException e) {
        folder.close();
        throw e;
      }
    } catch (IOException e) {
      throw new MeasureException(
          "the process that measures candidates cannot be started: " + FileFault.reason(e), e);
    } catch (UncheckedIOException e) {
      throw new MeasureException(
          "the process that measures candidates cannot be started: " + e.getMessage(), e);
    }
  }

  /** The process, which the caller ends from now on; once only. */
  Process take() {
    if (taken) {
      throw new IllegalStateException("the process is taken already");
    }
    taken = true;
    return process;
  }

  boolean isTaken() {
    return taken;
  }

  /**
   * Waits until the process has come to the socket.
   *
   * @return empty where it ended before
   * @throws MeasureException where it does not come in time
   */
  Optional<SocketChannel> connection() throws IOException {
    long end = System.nanoTime() + START.toNanos();
    while (System.nanoTime() < end) {
      SocketChannel channel = server.accept();
      if (channel != null) {
        return Optional.of(channel);
      }
      try {
        if (process.waitFor(5, TimeUnit.MILLISECONDS)) {
          return Optional.empty();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new MeasureException("interrupted", e);
      }
    }
    throw new MeasureException("the process that measures candidates does not answer");
  }

  @Override
  public void close() {
    if (!taken) {
      process.toHandle().destroyForcibly();
    }
    try (folder) {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException("the socket of a process cannot be closed", e);
    }
  }
}
