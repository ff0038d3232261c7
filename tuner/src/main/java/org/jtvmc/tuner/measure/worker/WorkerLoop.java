package org.jtvmc.tuner.measure.worker;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.jtvmc.codegen.driver.CudaException;
import org.jtvmc.codegen.load.KernelRuntime;
import org.jtvmc.codegen.load.ThreadPool;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.tuner.measure.KernelCode;
import org.jtvmc.tuner.measure.KernelSource;
import org.jtvmc.tuner.measure.MeasureTask;
import org.jtvmc.tuner.measure.RunOutcome;
import org.jtvmc.tuner.measure.Runner.Effort;
import org.jtvmc.tuner.record.DeviceClock;
import org.jtvmc.tuner.record.RecordStatus;

/** Answers the parent's messages until it goes: compiles on all cores, runs one at a time. */
public final class WorkerLoop {
  /** Benches of several tasks are kept, since the scheduler goes back and forth between them. */
  private static final long MOST_BENCH_BYTES = 768L << 20;

  /** Reading so many times what a cache holds leaves nothing else in it. */
  private static final long CACHES_READ = 2;

  private final Frames frames;
  private final Function<CpuTarget, KernelBuilder> builders;
  private WorkerTarget target;
  private DeviceMachine device;
  private final SequencedMap<String, Bench> benches = new LinkedHashMap<>();

  WorkerLoop(Frames frames, Function<CpuTarget, KernelBuilder> builders) {
    this.frames = frames;
    this.builders = builders;
  }

  /** Returns when the parent closes the channel. */
  void serve() throws IOException {
    target = Messages.readWorkerTarget(frames.receive().contents());
    KernelBuilder host = builders.apply(target.host());
    KernelBuilder builder =
        target
            .gpu()
            .<KernelBuilder>map(gpu -> new DeviceKernelBuilder(gpu, target.host()))
            .orElse(host);
    int cores = target.host().cores();
    try (KernelRuntime runtime = new KernelRuntime();
        ThreadPool pool = runtime.newMeasuringPool(cores);
        Arena arena = Arena.ofShared();
        ExecutorService compilers = Executors.newFixedThreadPool(cores)) {
      frames.send(MessageKind.READY, 0, Frames.Contents.NONE);
      TaskBench.Machine machine = new TaskBench.Machine(runtime, pool, stream(arena));
      while (true) {
        Frames.Message message = frames.receive();
        switch (message.kind()) {
          case PREPARE -> prepare(message, machine, host);
          case BUILD -> {
            KernelSource source = Messages.readSource(message.contents());
            compilers.execute(() -> build(message.id(), source, builder));
          }
          case RUN -> run(message);
          case START, READY, PREPARED, BUILT, TIMED, FAILED, FAULTED, FORGOTTEN ->
              throw new IOException("a worker is not sent " + message.kind());
        }
      }
    } catch (EOFException _) {
      return;
    } finally {
      benches.values().forEach(Bench::close);
      if (device != null) {
        device.close();
      }
    }
  }

  /** Memory that fills the second caches of all threads, where they are not to be left as found. */
  private Optional<MemorySegment> stream(Arena arena) {
    return target.gpu().isEmpty() && target.flush()
        ? Optional.of(
            arena
                .allocate(CACHES_READ * target.host().caches().l2() * target.host().cores(), 64)
                .fill((byte) 1))
        : Optional.empty();
  }

  private void prepare(Frames.Message message, TaskBench.Machine machine, KernelBuilder builder)
      throws IOException {
    MeasureTask task = Messages.readTask(message.contents());
    try {
      Bench known = benches.remove(task.key());
      if (known != null) {
        known.close();
      }
      Bench bench = onDevice(new TaskBench(task, machine, builder));
      makeRoom(bench.bytes());
      benches.put(task.key(), bench);
      frames.send(MessageKind.PREPARED, message.id(), Frames.Contents.NONE);
    } catch (RuntimeException | OutOfMemoryError e) {
      fail(message.id(), RecordStatus.LAUNCH, e);
    }
  }

  /** The bench itself for a CPU; for a GPU the same task there. */
  private Bench onDevice(TaskBench host) {
    if (target.gpu().isEmpty()) {
      return host;
    }
    try {
      if (device == null) {
        device = new DeviceMachine(target.flush());
      }
      return new DeviceBench(host, device);
    } catch (RuntimeException e) {
      host.close();
      throw e;
    }
  }

  private void makeRoom(long bytes) {
    long held = bytes;
    List<String> oldestFirst = new ArrayList<>(benches.keySet());
    for (Bench bench : benches.values()) {
      held += bench.bytes();
    }
    for (String key : oldestFirst) {
      if (held <= MOST_BENCH_BYTES) {
        return;
      }
      Bench oldest = benches.remove(key);
      held -= oldest.bytes();
      oldest.close();
    }
  }

  private void build(int id, KernelSource source, KernelBuilder builder) {
    try {
      try {
        KernelCode code = builder.build(source);
        frames.send(MessageKind.BUILT, id, out -> Messages.write(code, out));
      } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
        fail(id, RecordStatus.BUILD, e);
      }
    } catch (IOException _) {
      // The parent is gone, which the reading thread notices too.
      Thread.currentThread().interrupt();
    }
  }

  private void run(Frames.Message message) throws IOException {
    String key = message.contents().readUTF();
    double bestMs = message.contents().readDouble();
    Effort effort = Effort.values()[message.contents().readByte()];
    KernelCode code = Messages.readCode(message.contents());
    Bench bench = benches.get(key);
    if (bench == null) {
      frames.send(MessageKind.FORGOTTEN, message.id(), Frames.Contents.NONE);
      return;
    }
    benches.putLast(key, bench);
    try {
      switch (bench.measure(code, bestMs, effort)) {
        case RunOutcome.Timed(List<Double> times, Optional<DeviceClock> clock) ->
            frames.send(
                MessageKind.TIMED,
                message.id(),
                out -> {
                  out.writeInt(times.size());
                  for (double time : times) {
                    out.writeDouble(time);
                  }
                  out.writeInt(clock.map(DeviceClock::mhz).orElse(0));
                  out.writeBoolean(clock.map(DeviceClock::heldDown).orElse(false));
                });
        case RunOutcome.Failed(RecordStatus status, String error) ->
            fail(message.id(), status, error);
      }
    } catch (CudaException e) {
      MessageKind kind = e.poisonsContext() ? MessageKind.FAULTED : MessageKind.FAILED;
      fail(kind, message.id(), RecordStatus.LAUNCH, e.getMessage());
    } catch (RuntimeException | OutOfMemoryError e) {
      fail(message.id(), RecordStatus.LAUNCH, e);
    }
  }

  private void fail(int id, RecordStatus status, Throwable fault) throws IOException {
    String message = fault.getMessage();
    fail(id, status, message == null ? fault.getClass().getSimpleName() : message);
  }

  private void fail(int id, RecordStatus status, String error) throws IOException {
    fail(MessageKind.FAILED, id, status, error);
  }

  private void fail(MessageKind kind, int id, RecordStatus status, String error)
      throws IOException {
    // A string of the wire has at most 64 KiB.
    String shortened = error.length() > 16_000 ? error.substring(0, 16_000) + " ..." : error;
    frames.send(
        kind,
        id,
        out -> {
          out.writeByte(status.ordinal());
          out.writeUTF(shortened);
        });
  }
}
