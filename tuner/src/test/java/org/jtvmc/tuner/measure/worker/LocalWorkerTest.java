package org.jtvmc.tuner.measure.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tuner.measure.BuildOutcome;
import org.jtvmc.tuner.measure.KernelCode;
import org.jtvmc.tuner.measure.KernelSource;
import org.jtvmc.tuner.measure.Kernels;
import org.jtvmc.tuner.measure.MeasureTask;
import org.jtvmc.tuner.measure.RunOutcome;
import org.jtvmc.tuner.measure.Runner.Effort;
import org.jtvmc.tuner.record.RecordStatus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Real processes, real machine code. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class LocalWorkerTest {
  private static final ComputeDag DENSE = Kernels.dense(96, 200, 512);

  private final CpuTarget target = Kernels.host();
  private final WorkerOptions options =
      new WorkerOptions(
          Duration.ofSeconds(8),
          Duration.ofSeconds(5),
          Duration.ofSeconds(60),
          FaultyWorkerMain.class.getName());
  private final LocalWorker worker = new LocalWorker(target, options);
  private final MeasureTask increment = MeasureTask.of(Kernels.increment());

  @AfterAll
  void close() {
    worker.close();
  }

  private KernelCode build(KernelSource source) {
    BuildOutcome outcome = worker.build(List.of(source)).getFirst();
    return assertInstanceOf(BuildOutcome.Built.class, outcome, outcome::toString).code();
  }

  private KernelSource scheduled(ComputeDag dag) {
    Schedule schedule = DesignSpace.of(dag, target).defaultCandidate().schedule();
    return KernelSource.of(Lowering.lower(schedule, "dense"), dag);
  }

  private RunOutcome run(KernelSource source) {
    return worker.run(increment, build(source), Double.POSITIVE_INFINITY, Effort.SEARCH);
  }

  private static void assertTimed(RunOutcome outcome) {
    List<Double> times =
        assertInstanceOf(RunOutcome.Timed.class, outcome, outcome::toString).timesMs();
    assertTrue(times.stream().allMatch(t -> t > 0), times::toString);
  }

  private static String assertFailed(RecordStatus status, RunOutcome outcome) {
    RunOutcome.Failed failed =
        assertInstanceOf(RunOutcome.Failed.class, outcome, outcome::toString);
    assertEquals(status, failed.status(), failed::error);
    return failed.error();
  }

  @Test
  void aRightCandidateIsTimed() {
    assertTimed(run(Kernels.unscheduled(Kernels.increment())));
  }

  /** Large enough for a compiled reference; the default schedule packs the weights. */
  @Test
  void aScheduledCandidateIsTimedAgainstACompiledReference() {
    MeasureTask task = MeasureTask.of(DENSE);
    KernelSource source = scheduled(DENSE);
    assertTimed(worker.run(task, build(source), Double.POSITIVE_INFINITY, Effort.COMPARE));
  }

  /** It starts while nobody waits for it, and whoever measures in it ends it. */
  @Test
  void aProcessThatWasLaunchedBeforeIsMeasuredIn() {
    long pid;
    try (WorkerLaunch launch = WorkerLaunch.begin(options)) {
      try (LocalWorker launched =
          new LocalWorker(WorkerTarget.of(target), options, Optional.of(launch))) {
        launched.start();
        pid = launched.pid().orElseThrow();
        assertInstanceOf(
            BuildOutcome.Built.class,
            launched.build(List.of(Kernels.unscheduled(Kernels.increment()))).getFirst());
        assertEquals(pid, launched.pid().orElseThrow());
      }
    }
    assertFalse(ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent());
  }

  @Test
  void aProcessThatNobodyMeasuredInEndsWithItsLaunch() {
    List<ProcessHandle> before = ProcessHandle.current().children().toList();
    List<ProcessHandle> launched;
    try (WorkerLaunch launch = WorkerLaunch.begin(options)) {
      launched =
          ProcessHandle.current().children().filter(child -> !before.contains(child)).toList();
      assertEquals(1, launched.size());
      assertFalse(launch.isTaken());
    }
    launched.getFirst().onExit().orTimeout(30, TimeUnit.SECONDS).join();
  }

  /** What stands before each sample changes no input: the answer is still right, and so judged. */
  @Test
  void kernelsAreTimedAsTheyRunInANetwork() {
    MeasureTask task = MeasureTask.of(DENSE);
    KernelSource source = scheduled(DENSE);
    try (LocalWorker network = new LocalWorker(WorkerTarget.inNetwork(target), options)) {
      BuildOutcome outcome = network.build(List.of(source)).getFirst();
      KernelCode code = assertInstanceOf(BuildOutcome.Built.class, outcome).code();
      for (int time = 0; time < 2; time++) {
        assertTimed(network.run(task, code, Double.POSITIVE_INFINITY, Effort.COMPARE));
      }
    }
  }

  /** As the kernel of the machine says it, of the threads of the worker's process. */
  @Test
  void eachThreadThatMeasuresHasACpuOfItsOwn() throws IOException {
    assumeTrue(Files.isDirectory(Path.of("/proc/self/task")), "no /proc");
    assumeTrue(HostCpu.detect().target().cores() >= target.cores(), "too few cores");
    MeasureTask task = MeasureTask.of(DENSE);
    KernelCode code = build(scheduled(DENSE));
    assertTimed(worker.run(task, code, Double.POSITIVE_INFINITY, Effort.SEARCH));
    long pid = worker.pid().orElseThrow();
    Set<String> most = Set.of();
    // The caller is bound while it takes samples alone, and one look may miss it.
    for (int i = 0; i < 20 && most.size() < target.cores(); i++) {
      var running =
          CompletableFuture.supplyAsync(
              () -> worker.run(task, code, Double.POSITIVE_INFINITY, Effort.COMPARE));
      while (!running.isDone()) {
        Set<String> bound = bound(pid);
        most = bound.size() > most.size() ? bound : most;
      }
      assertTimed(running.join());
    }
    assertEquals(target.cores(), most.size(), most::toString);
    assertEquals(pid, worker.pid().orElseThrow());
    assertEquals(target.cores() - 1, bound(pid).size(), "the caller is free afterwards");
  }

  /** The CPUs that a thread is bound to. */
  private static Set<String> bound(long pid) throws IOException {
    Set<String> cpus = new HashSet<>();
    try (var threads = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
      for (Path thread : threads) {
        try (Stream<String> lines = Files.lines(thread.resolve("status"))) {
          lines
              .filter(line -> line.matches("Cpus_allowed_list:\\s+\\d+"))
              .forEach(line -> cpus.add(line.substring(line.indexOf(':') + 1).strip()));
        } catch (IOException | UncheckedIOException _) {
          continue; // it has ended meanwhile
        }
      }
    }
    return cpus;
  }

  @Test
  void aWrongAnswerIsFound() {
    String error = assertFailed(RecordStatus.WRONG_ANSWER, run(Kernels.wrong()));
    assertTrue(error.startsWith("element 0 is"), error);
    assertTimed(run(Kernels.named("next")));
  }

  @Test
  void anElementThatIsNotWrittenIsFound() {
    assertTimed(run(Kernels.named("before")));
    String error = assertFailed(RecordStatus.WRONG_ANSWER, run(Kernels.incomplete()));
    assertTrue(error.startsWith("element 63 is NaN"), error);
  }

  @Test
  void aCrashIsTheCandidatesFaultAndTheNextOneRuns() {
    String error = assertFailed(RecordStatus.LAUNCH, run(Kernels.crashing()));
    assertEquals("the kernel died: SIGSEGV", error);
    assertTimed(run(Kernels.named("next")));
  }

  @Test
  void aKernelThatHangsIsKilled() {
    String error = assertFailed(RecordStatus.TIMEOUT, run(Kernels.hanging()));
    assertEquals("running took longer than 5.00 s", error);
    assertTimed(run(Kernels.named("next")));
  }

  @Test
  void aCompilerThatDiesOrHangsIsReplacedAndTheOthersAreBuilt() {
    List<BuildOutcome> outcomes =
        worker.build(
            List.of(
                Kernels.named("a"),
                Kernels.named("crash the compiler"),
                Kernels.named("b"),
                Kernels.named("refuse"),
                Kernels.named("hang the compiler"),
                Kernels.named("c")));
    assertInstanceOf(BuildOutcome.Built.class, outcomes.get(0));
    assertEquals(
        new BuildOutcome.Failed(RecordStatus.BUILD, "the compiler died: SIGSEGV"), outcomes.get(1));
    assertInstanceOf(BuildOutcome.Built.class, outcomes.get(2));
    assertEquals(
        new BuildOutcome.Failed(RecordStatus.BUILD, "refused for the test"), outcomes.get(3));
    assertEquals(
        new BuildOutcome.Failed(RecordStatus.TIMEOUT, "building took longer than 8.00 s"),
        outcomes.get(4));
    assertInstanceOf(BuildOutcome.Built.class, outcomes.get(5));
  }

  @Test
  void aCompilerThatIsKilledOverOneCandidateAgainAndAgainIsThatCandidatesFault() {
    List<BuildOutcome> outcomes =
        worker.build(
            List.of(
                Kernels.named("a"), Kernels.named("have the compiler killed"), Kernels.named("b")));
    assertInstanceOf(BuildOutcome.Built.class, outcomes.get(0));
    BuildOutcome.Failed killed =
        assertInstanceOf(BuildOutcome.Failed.class, outcomes.get(1), outcomes::toString);
    assertEquals(RecordStatus.BUILD, killed.status());
    assertTrue(killed.error().startsWith("the compiler died: SIGKILL"), killed.error());
    assertInstanceOf(BuildOutcome.Built.class, outcomes.get(2));
  }

  @Test
  void whereTimeIsOverNothingMoreIsBegunAndWhatIsBeingCompiledIsBuilt() {
    List<KernelSource> sources =
        Stream.generate(() -> Kernels.named("a")).limit(3L * target.cores()).toList();
    List<BuildOutcome> outcomes = worker.build(sources, () -> 0);
    assertEquals(target.cores(), outcomes.size());
    for (BuildOutcome outcome : outcomes) {
      assertInstanceOf(BuildOutcome.Built.class, outcome);
    }
  }

  /** Each round of building ends at least the candidate that it waited for. */
  @Test
  void everyCompilerThatHangsIsTimedOutOnce() {
    try (LocalWorker impatient =
        new LocalWorker(
            target,
            new WorkerOptions(
                Duration.ofMillis(700),
                Duration.ofSeconds(5),
                Duration.ofSeconds(60),
                FaultyWorkerMain.class.getName()))) {
      List<BuildOutcome> outcomes =
          impatient.build(
              List.of(Kernels.named("hang the compiler"), Kernels.named("hang the compiler")));
      for (BuildOutcome outcome : outcomes) {
        assertEquals(
            new BuildOutcome.Failed(RecordStatus.TIMEOUT, "building took longer than 0.700 s"),
            outcome);
      }
    }
  }

  @Test
  void aWorkerThatIsKilledIsReplacedAtNoCandidatesCost() {
    KernelCode code = build(Kernels.named("victim"));
    long before = worker.pid().orElseThrow();
    ProcessHandle.of(before).orElseThrow().destroyForcibly();
    assertTimed(worker.run(increment, code, Double.POSITIVE_INFINITY, Effort.SEARCH));
    assertNotEquals(before, worker.pid().orElseThrow());
  }

  @Test
  void equalLoopsGiveEqualCode() {
    assertEquals(build(Kernels.named("one")).digest(), build(Kernels.named("two")).digest());
    assertNotEquals(build(Kernels.named("one")).digest(), build(Kernels.wrong()).digest());
  }
}
