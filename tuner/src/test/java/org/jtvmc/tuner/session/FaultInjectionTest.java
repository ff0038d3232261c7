package org.jtvmc.tuner.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tuner.measure.BuildOutcome;
import org.jtvmc.tuner.measure.Builder;
import org.jtvmc.tuner.measure.Deadline;
import org.jtvmc.tuner.measure.KernelSource;
import org.jtvmc.tuner.measure.Kernels;
import org.jtvmc.tuner.measure.LoweringMeasurer;
import org.jtvmc.tuner.measure.Measurer;
import org.jtvmc.tuner.measure.worker.LocalWorker;
import org.jtvmc.tuner.measure.worker.WorkerMain;
import org.jtvmc.tuner.measure.worker.WorkerOptions;
import org.jtvmc.tuner.record.RecordStore;
import org.jtvmc.tuner.record.TuningRecord;
import org.jtvmc.tuner.search.Appraiser;
import org.jtvmc.tuner.search.CandidateSpace;
import org.jtvmc.tuner.search.LoopAppraiser;
import org.jtvmc.tuner.search.ScheduleSpace;
import org.jtvmc.tuner.task.TuningTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sessions with a real worker in which candidates, the worker, or the tuner itself die. */
class FaultInjectionTest {
  @TempDir Path folder;

  /** Puts bad kernels in the place of the second to fourth candidate. */
  private static final class Saboteur implements Workbench, Builder {
    private final CpuTarget target = Kernels.host();
    private final LocalWorker worker =
        new LocalWorker(
            target,
            new WorkerOptions(
                Duration.ofSeconds(30),
                Duration.ofSeconds(3),
                Duration.ofSeconds(60),
                WorkerMain.class.getName()));
    private int built;

    @Override
    public List<BuildOutcome> build(List<KernelSource> sources, Deadline deadline) {
      List<KernelSource> replaced = new ArrayList<>();
      for (KernelSource source : sources) {
        replaced.add(
            switch (built++) {
              case 1 -> Kernels.crashing();
              case 2 -> Kernels.wrong();
              case 3 -> Kernels.hanging();
              default -> source;
            });
      }
      return worker.build(replaced, deadline);
    }

    @Override
    public CandidateSpace space(TuningTask task) {
      return new ScheduleSpace(DesignSpace.of(task.dag(), target));
    }

    @Override
    public Appraiser appraiser(TuningTask task) {
      return new LoopAppraiser(task.dag(), target);
    }

    @Override
    public int rejected(TuningTask task) {
      return 0;
    }

    @Override
    public Measurer measurer() {
      return new LoweringMeasurer(this, worker);
    }

    @Override
    public void close() {
      worker.close();
    }
  }

  @Test
  void badCandidatesAreCountedInTheirClassAndTheRunGoesOn() {
    TuningTask task = new TuningTask(0, "increment", 1, Kernels.increment());
    TuningOptions options =
        new TuningOptions(
            8, Optional.empty(), OptionalInt.empty(), "grid", "none", 1, true, "test");
    List<String> messages = new ArrayList<>();
    TuningListener listener =
        new TuningListener() {
          @Override
          public void progress(TuningProgress progress) {}

          @Override
          public void message(String text) {
            messages.add(text);
          }
        };
    try (RecordStore store = RecordStore.inMemory();
        Saboteur saboteur = new Saboteur()) {
      TuningReport report =
          new TuningSession(Kernels.host(), options, store, saboteur, listener).run(List.of(task));
      TaskReport only = report.tasks().getFirst();
      assertTrue(only.trials() > 4, report::toString);
      assertEquals(
          Map.of("rejected", 0, "build", 0, "launch", 1, "timeout", 1, "wrong_answer", 1),
          only.failures());
      assertTrue(Double.isFinite(only.bestMs()));
      assertEquals(
          3,
          messages.stream()
              .filter(text -> text.contains("the first candidate to fail with"))
              .count(),
          messages::toString);
    }
  }

  /** Knows no roof, since a session ends early where its small kernel comes near one. */
  private static Workbench roofless(Workbench workbench) {
    return new DelegatingWorkbench(workbench) {
      @Override
      public double attainableMs(TuningTask task) {
        return 0;
      }
    };
  }

  /** Tunes until it is killed; a line for each record that is saved. */
  static final class TuneForever {
    private TuneForever() {}

    public static void main(String[] args) {
      TuningTask task = new TuningTask(0, "dense", 1, Kernels.dense(16, 64, 64));
      try (RecordStore store = RecordStore.open(Path.of(args[0]), System.err::println);
          LocalWorkbench bench = new LocalWorkbench(Kernels.host(), WorkerOptions.standard())) {
        TuningListener listener =
            new TuningListener() {
              @Override
              public void progress(TuningProgress progress) {
                System.out.println(progress.trials());
              }

              @Override
              public void message(String text) {
                System.err.println(text);
              }
            };
        new TuningSession(
                Kernels.host(),
                TuningOptions.of(100_000, 1, "test"),
                store,
                roofless(bench),
                listener)
            .run(List.of(task));
      }
    }
  }

  @Test
  void killingTheTunerLosesNothingAndLeavesNoWorkerBehind() throws Exception {
    Path file = folder.resolve("records.jsonl");
    Process tuner =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                TuneForever.class.getName(),
                file.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    int saved = 0;
    List<ProcessHandle> workers;
    try (BufferedReader out = tuner.inputReader()) {
      while (saved < 12) {
        String line = out.readLine();
        assertNotNull(line, "the session ended by itself");
        saved = Integer.parseInt(line);
      }
      workers = tuner.descendants().toList();
      tuner.toHandle().destroyForcibly();
      tuner.waitFor();
    }
    assertEquals(1, workers.size());
    workers.getFirst().onExit().get(20, TimeUnit.SECONDS);

    List<String> problems = new ArrayList<>();
    try (RecordStore store = RecordStore.open(file, problems::add)) {
      int before = store.all().size();
      assertTrue(before >= saved, before + " of " + saved);
      TuningTask task = new TuningTask(0, "dense", 1, Kernels.dense(16, 64, 64));
      try (LocalWorkbench bench = new LocalWorkbench(Kernels.host(), WorkerOptions.standard())) {
        TuningReport report =
            new TuningSession(
                    Kernels.host(),
                    TuningOptions.of(before + 4, 2, "test"),
                    store,
                    roofless(bench),
                    TuningListener.silent())
                .run(List.of(task));
        assertEquals(4, report.trials());
      }
      List<String> steps =
          store.all().stream().filter(r -> !r.confirmed()).map(TuningRecord::steps).toList();
      assertEquals(steps.size(), steps.stream().distinct().count(), "nothing measured twice");
    }
    assertTrue(problems.size() <= 1, problems::toString);
    assertTrue(Files.readString(file).endsWith("\n"));
  }
}
