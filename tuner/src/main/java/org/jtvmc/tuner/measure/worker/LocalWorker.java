package org.jtvmc.tuner.measure.worker;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.tuner.measure.BuildOutcome;
import org.jtvmc.tuner.measure.Builder;
import org.jtvmc.tuner.measure.Deadline;
import org.jtvmc.tuner.measure.KernelCode;
import org.jtvmc.tuner.measure.KernelSource;
import org.jtvmc.tuner.measure.MeasureException;
import org.jtvmc.tuner.measure.MeasureTask;
import org.jtvmc.tuner.measure.RunOutcome;
import org.jtvmc.tuner.measure.Runner;
import org.jtvmc.tuner.record.DeviceClock;
import org.jtvmc.tuner.record.RecordStatus;

/**
 * Builds and runs candidates in a process on this machine, which is started when it is first
 * needed, reused, killed where a candidate takes too long, and replaced where it died. Used by one
 * thread.
 */
public final class LocalWorker implements Builder, Runner, AutoCloseable {
  private final WorkerTarget target;
  private final WorkerOptions options;
  private final Optional<WorkerLaunch> launch;
  private WorkerProcess process;
  private int lastId;

  public LocalWorker(CpuTarget target, WorkerOptions options) {
    this(WorkerTarget.of(target), options);
  }

  public LocalWorker(WorkerTarget target, WorkerOptions options) {
    this(target, options, Optional.empty());
  }

  /**
   * @param launch the first process, started before
   */
  public LocalWorker(WorkerTarget target, WorkerOptions options, Optional<WorkerLaunch> launch) {
    this.target = target;
    this.options = options;
    this.launch = launch;
  }

  @Override
  public void start() {
    running();
  }

  private WorkerProcess running() {
    if (process == null) {
      process =
          launch
              .filter(started -> !started.isTaken())
              .map(started -> WorkerProcess.of(started, target))
              .orElseGet(() -> WorkerProcess.start(target, options.mainClass()));
    }
    return process;
  }

  /** The process, where one is running. */
  public OptionalLong pid() {
    return process == null ? OptionalLong.empty() : OptionalLong.of(process.pid());
  }

  private void replace() {
    if (process != null) {
      process.kill();
      process.close();
      process = null;
    }
  }

  /** A candidate that is being compiled. */
  private record Pending(int index, long deadline) {}

  @Override
  public List<BuildOutcome> build(List<KernelSource> sources, Deadline deadline) {
    BuildOutcome[] outcomes = new BuildOutcome[sources.size()];
    Deque<Integer> waiting = new ArrayDeque<>();
    for (int k = 0; k < outcomes.length; k++) {
      waiting.add(k);
    }
    Map<Integer, Pending> pending = new LinkedHashMap<>();
    Set<Integer> killedOver = new HashSet<>();
    int atOnce = target.host().cores();
    int begun = 0;
    while (!waiting.isEmpty() || !pending.isEmpty()) {
      if (begun > 0 && begun < sources.size() && deadline.isOver()) {
        int first = begun;
        waiting.removeIf(index -> index >= first);
      }
      while (!waiting.isEmpty() && pending.size() < atOnce) {
        int index = waiting.removeFirst();
        begun = Math.max(begun, index + 1);
        int id = ++lastId;
        running().send(MessageKind.BUILD, id, out -> Messages.write(sources.get(index), out));
        pending.put(id, new Pending(index, System.nanoTime() + options.build().toNanos()));
      }
      long next = pending.values().stream().mapToLong(Pending::deadline).min().orElseThrow();
      Duration left = Duration.ofNanos(Math.max(0, next - System.nanoTime()));
      Optional<Optional<Frames.Message>> received = running().receive(left);
      if (received.isEmpty()) {
        // One took too long. The others are as innocent as before and start again. What was waited
        // for is late whatever the clock says now, so that each round ends at least one.
        long now = Math.max(next, System.nanoTime());
        for (Pending build : pending.values()) {
          if (build.deadline() <= now) {
            outcomes[build.index()] =
                new BuildOutcome.Failed(
                    RecordStatus.TIMEOUT, "building took longer than " + seconds(options.build()));
          } else {
            waiting.addFirst(build.index());
          }
        }
        pending.clear();
        replace();
      } else if (received.get().isEmpty()) {
        // A process is killed from outside once by chance; twice, over one and the same candidate
        // (which needs more memory than there is, say), is that candidate's doing.
        boolean culprit =
            pending.size() == 1
                && (!process.wasKilled()
                    || !killedOver.add(pending.values().iterator().next().index()));
        String cause = process.epitaph();
        replace();
        for (Pending build : pending.values()) {
          if (culprit) {
            outcomes[build.index()] =
                new BuildOutcome.Failed(RecordStatus.BUILD, "the compiler died: " + cause);
          } else {
            waiting.addFirst(build.index());
          }
        }
        // Whose fault it was shows when they are compiled one by one.
        pending.clear();
        atOnce = 1;
      } else {
        Frames.Message message = received.get().get();
        Pending build = pending.remove(message.id());
        if (build != null) {
          outcomes[build.index()] = built(message);
        }
      }
    }
    return Arrays.asList(outcomes).subList(0, begun);
  }

  private static BuildOutcome built(Frames.Message message) {
    try {
      if (message.kind() == MessageKind.BUILT) {
        return new BuildOutcome.Built(Messages.readCode(message.contents()));
      }
      RecordStatus status = RecordStatus.values()[message.contents().readByte()];
      return new BuildOutcome.Failed(status, message.contents().readUTF());
    } catch (IOException e) {
      throw new MeasureException("the worker's answer cannot be read: " + e.getMessage(), e);
    }
  }

  @Override
  public RunOutcome run(MeasureTask task, KernelCode code, double bestMs, Effort effort) {
    boolean killedBefore = false;
    while (true) {
      prepare(task);
      running()
          .send(
              MessageKind.RUN,
              ++lastId,
              out -> {
                out.writeUTF(task.key());
                out.writeDouble(bestMs);
                out.writeByte(effort.ordinal());
                Messages.write(code, out);
              });
      Optional<Optional<Frames.Message>> received = process.receive(options.run());
      if (received.isEmpty()) {
        replace();
        return new RunOutcome.Failed(
            RecordStatus.TIMEOUT, "running took longer than " + seconds(options.run()));
      }
      if (received.get().isEmpty()) {
        boolean killed = process.wasKilled();
        String cause = process.epitaph();
        replace();
        if (!killed || killedBefore) {
          return new RunOutcome.Failed(RecordStatus.LAUNCH, "the kernel died: " + cause);
        }
        killedBefore = true;
        continue;
      }
      if (received.get().get().kind() == MessageKind.FAULTED) {
        replace();
      }
      Optional<RunOutcome> outcome = ran(received.get().get());
      if (outcome.isPresent()) {
        return outcome.get();
      }
      process.prepared().remove(task.key());
    }
  }

  /** The outcome; empty where the process has forgotten the task. */
  private static Optional<RunOutcome> ran(Frames.Message message) {
    try {
      return switch (message.kind()) {
        case TIMED -> {
          List<Double> times = new ArrayList<>();
          for (int left = message.contents().readInt(); left > 0; left--) {
            times.add(message.contents().readDouble());
          }
          var clock =
              new DeviceClock(message.contents().readInt(), message.contents().readBoolean());
          yield Optional.of(
              new RunOutcome.Timed(times, clock.mhz() > 0 ? Optional.of(clock) : Optional.empty()));
        }
        case FAILED, FAULTED -> {
          RecordStatus status = RecordStatus.values()[message.contents().readByte()];
          yield Optional.of(new RunOutcome.Failed(status, message.contents().readUTF()));
        }
        case FORGOTTEN -> Optional.empty();
        case START, READY, PREPARE, PREPARED, BUILD, BUILT, RUN ->
            throw new MeasureException("the worker answered a run with " + message.kind());
      };
    } catch (IOException e) {
      throw new MeasureException("the worker's answer cannot be read: " + e.getMessage(), e);
    }
  }

  private void prepare(MeasureTask task) {
    for (boolean killedBefore = false; !running().prepared().contains(task.key()); ) {
      process.send(MessageKind.PREPARE, ++lastId, out -> Messages.write(task, out));
      Optional<Optional<Frames.Message>> received = process.receive(options.prepare());
      if (received.isEmpty()) {
        replace();
        throw new MeasureException(
            "the right answer of a task took longer than " + seconds(options.prepare()));
      }
      if (received.get().isPresent()) {
        checkPrepared(received.get().get());
        process.prepared().add(task.key());
        return;
      }
      boolean killed = process.wasKilled();
      String cause = process.epitaph();
      replace();
      if (!killed || killedBefore) {
        throw new MeasureException("the right answer of a task cannot be computed: " + cause);
      }
      killedBefore = true;
    }
  }

  private static void checkPrepared(Frames.Message message) {
    if (message.kind() != MessageKind.PREPARED) {
      String cause =
          built(message) instanceof BuildOutcome.Failed(RecordStatus _, String error)
              ? error
              : "the worker answered with " + message.kind();
      throw new MeasureException("a task cannot be prepared: " + cause);
    }
  }

  private static String seconds(Duration duration) {
    return "%.3g s".formatted(duration.toMillis() / 1e3);
  }

  @Override
  public void close() {
    if (process != null) {
      process.close();
      process = null;
    }
  }
}
