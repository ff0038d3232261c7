package org.jtvmc.tuner.measure.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tuner.measure.BuildOutcome;
import org.jtvmc.tuner.measure.KernelCode;
import org.jtvmc.tuner.measure.KernelSource;
import org.jtvmc.tuner.measure.Kernels;
import org.jtvmc.tuner.measure.MeasureException;
import org.jtvmc.tuner.measure.MeasureTask;
import org.jtvmc.tuner.measure.Reference;
import org.jtvmc.tuner.measure.RunOutcome;
import org.jtvmc.tuner.measure.Runner.Effort;
import org.jtvmc.tuner.record.DeviceClock;
import org.jtvmc.tuner.record.RecordStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Candidates for a GPU, over the stand-in for its driver, which gives whatever answer it is told.
 */
class GpuWorkerTest {

  private static final Path FOLDER = FakeGpuWorkerMain.DRIVER.getParent();

  private final CudaTarget gpu = CudaTarget.typical(80);
  private final MeasureTask task = MeasureTask.of(Kernels.increment(), Kernels.host());
  private WorkerOptions options;
  private LocalWorker worker;
  private KernelCode code;

  @BeforeEach
  void build() throws IOException, InterruptedException {
    Files.createDirectories(FOLDER);
    Files.deleteIfExists(FakeGpuWorkerMain.CLOCKS);
    assumeTrue(compilesTheStandIn(), "no C compiler \"cc\"");
    configure();
    WorkerOptions standard = WorkerOptions.standard();
    options =
        new WorkerOptions(
            standard.build(),
            Duration.ofSeconds(3),
            standard.prepare(),
            FakeGpuWorkerMain.class.getName());
    worker = new LocalWorker(WorkerTarget.of(gpu, Kernels.host(), false), options);
    var dag = Kernels.increment();
    var schedule = DesignSpace.of(dag, gpu).defaultCandidate().schedule();
    BuildOutcome outcome =
        worker
            .build(List.of(KernelSource.of(Lowering.lower(schedule, "candidate"), dag)))
            .getFirst();
    code = assertInstanceOf(BuildOutcome.Built.class, outcome, outcome.toString()).code();
  }

  private static boolean compilesTheStandIn(String... flags)
      throws IOException, InterruptedException {
    return compiles(FakeGpuWorkerMain.DRIVER, "fake_cuda.c", flags);
  }

  private static boolean compiles(Path library, String source, String... flags)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "cc",
                "-shared",
                "-fPIC",
                "-pthread",
                "-Wl,-soname," + library.getFileName(),
                "-o",
                library.toString(),
                "../codegen/src/test/c/" + source));
    command.addAll(List.of(flags));
    try {
      return new ProcessBuilder(command).start().waitFor() == 0;
    } catch (IOException e) {
      return false; // there is no program of this name
    }
  }

  private static void configure(String... lines) throws IOException {
    Files.write(FOLDER.resolve("fake_cuda.conf"), List.of(lines));
  }

  /** Has every kernel write the right answer to its last argument. */
  private String rightAnswer() throws IOException {
    var right = ((Reference.Evaluated) task.reference()).outputs().getFirst();
    Path file = FOLDER.resolve("answer").toAbsolutePath();
    Files.write(file, right.data().toArray(ValueLayout.JAVA_BYTE));
    return "answer " + file;
  }

  /** The functions of the driver that were called since the last time. */
  private static List<String> calls() throws IOException {
    Path log = FOLDER.resolve("fake_cuda.log");
    List<String> calls = Files.exists(log) ? Files.readAllLines(log) : List.of();
    Files.deleteIfExists(log);
    return calls;
  }

  /** What is called between the last two events, and the second of them. */
  private static List<String> timed(List<String> calls) {
    int end = calls.lastIndexOf("cuEventRecord");
    int begin = calls.subList(0, end).lastIndexOf("cuEventRecord");
    return calls.subList(begin + 1, end + 2);
  }

  private RunOutcome run() {
    return run(worker);
  }

  private RunOutcome run(LocalWorker worker) {
    return worker.run(task, code, Double.POSITIVE_INFINITY, Effort.SEARCH);
  }

  @AfterEach
  void close() {
    if (worker != null) {
      worker.close();
    }
  }

  @Test
  void aRightAnswerIsTimed() throws IOException {
    configure(rightAnswer());

    RunOutcome.Timed timed = assertInstanceOf(RunOutcome.Timed.class, run());

    assertTrue(timed.timesMs().size() > 3, timed.toString());
  }

  @Test
  void theClockIsNotedWithTheTimes() throws IOException, InterruptedException {
    configure(rightAnswer());
    assertTrue(compiles(FakeGpuWorkerMain.CLOCKS, "fake_nvml.c", "-DTELLS_REASONS=1"));
    // A worker of its own: the first one looked before the library was there.
    try (LocalWorker clocked =
        new LocalWorker(WorkerTarget.of(gpu, Kernels.host(), false), options)) {
      Path clocks = FOLDER.resolve("fake_nvml.conf");
      Files.write(clocks, List.of("sm 1755", "reasons 0x4"));
      assertEquals(Optional.of(new DeviceClock(1755, false)), clock(run(clocked)));
      Files.write(clocks, List.of("sm 1050", "reasons 0x44"));
      assertEquals(Optional.of(new DeviceClock(1050, true)), clock(run(clocked)));
      Files.write(clocks, List.of("fail nvmlDeviceGetClockInfo 15"));
      assertEquals(Optional.empty(), clock(run(clocked)));
    } finally {
      Files.delete(FakeGpuWorkerMain.CLOCKS);
    }
  }

  @Test
  void withoutALibraryThatTellsClocksThereAreTimesAlone() throws IOException {
    configure(rightAnswer());

    assertEquals(Optional.empty(), clock(run()));
  }

  private static Optional<DeviceClock> clock(RunOutcome outcome) {
    return assertInstanceOf(RunOutcome.Timed.class, outcome, outcome.toString()).clock();
  }

  @Test
  void aWrongAnswerIsNoWinner() {
    RunOutcome.Failed failed = assertInstanceOf(RunOutcome.Failed.class, run());

    assertEquals(RecordStatus.WRONG_ANSWER, failed.status());
    assertTrue(failed.error().contains("must be"), failed.error());
  }

  @Test
  void aFaultTakesItsWorkerAlongAndNoOther() throws IOException {
    configure(rightAnswer());
    long before = worker.pid().orElseThrow();
    assertInstanceOf(RunOutcome.Timed.class, run());
    configure(rightAnswer(), "fail cuStreamSynchronize 700");

    RunOutcome.Failed failed = assertInstanceOf(RunOutcome.Failed.class, run());

    assertEquals(RecordStatus.LAUNCH, failed.status());
    assertTrue(failed.error().contains("illegal memory access"), failed.error());
    configure(rightAnswer());
    assertInstanceOf(RunOutcome.Timed.class, run());
    assertNotEquals(before, worker.pid().orElseThrow());
  }

  @Test
  void aKernelThatHangsIsStopped() throws IOException {
    configure(rightAnswer());
    assertInstanceOf(RunOutcome.Timed.class, run());
    configure("hang cuStreamSynchronize");

    RunOutcome.Failed failed = assertInstanceOf(RunOutcome.Failed.class, run());

    assertEquals(RecordStatus.TIMEOUT, failed.status());
    configure(rightAnswer());
    assertInstanceOf(RunOutcome.Timed.class, run());
  }

  /** A launch-time limit of the display's driver, say, or a barrier that never comes. */
  @Test
  void aKernelThatFaultsOrHangsIsMetAtItsOwnWait() throws IOException {
    configure(rightAnswer(), "fault " + entry() + " 702");

    RunOutcome.Failed failed = assertInstanceOf(RunOutcome.Failed.class, run());

    assertEquals(RecordStatus.LAUNCH, failed.status());
    assertTrue(failed.error().contains("timed out"), failed.error());
    configure(rightAnswer(), "hang " + entry());
    assertEquals(RecordStatus.TIMEOUT, assertInstanceOf(RunOutcome.Failed.class, run()).status());
    configure(rightAnswer());
    assertInstanceOf(RunOutcome.Timed.class, run());
  }

  private String entry() {
    return code.device().orElseThrow().launches().getFirst().entry();
  }

  @Test
  void nothingIsWaitedForBetweenTheEventsOfASample() throws IOException {
    configure(rightAnswer());
    calls();
    assertInstanceOf(RunOutcome.Timed.class, run());

    List<String> timed = timed(calls());

    assertEquals("cuStreamSynchronize", timed.getLast());
    assertEquals(Set.of("cuGraphLaunch"), Set.copyOf(timed.subList(0, timed.size() - 2)));
  }

  @Test
  void theCacheIsEmptiedBeforeTheFirstEvent() throws IOException {
    configure(rightAnswer());
    try (LocalWorker flushing =
        new LocalWorker(WorkerTarget.of(gpu, Kernels.host(), true), options)) {
      calls();
      assertInstanceOf(RunOutcome.Timed.class, run(flushing));
    }
    List<String> calls = calls();

    assertEquals(List.of("cuLaunchKernel", "cuEventRecord", "cuStreamSynchronize"), timed(calls));
    int begin = calls.subList(0, calls.lastIndexOf("cuEventRecord")).lastIndexOf("cuEventRecord");
    assertEquals("cuMemsetD8Async", calls.get(begin - 1));
  }

  /** Copies of boxes need maps of tensors, which drivers make from CUDA 12.0 on. */
  @Test
  void aDriverThatCannotMapTensorsIsASentence() throws IOException, InterruptedException {
    var dag = Kernels.halves(64, 64, 128);
    CudaTarget specific = CudaTarget.typical(90).mostSpecific();
    Candidate tiles = withTiles(dag, specific);
    MeasureTask product = MeasureTask.of(dag, Kernels.host());
    worker.close();
    assertTrue(compilesTheStandIn("-DMAPS_TENSORS=0"));
    try (LocalWorker old =
        new LocalWorker(WorkerTarget.of(specific, Kernels.host(), false), options)) {
      var source = KernelSource.of(Lowering.lower(tiles.schedule(), "candidate"), dag);
      BuildOutcome outcome = old.build(List.of(source)).getFirst();
      var built = assertInstanceOf(BuildOutcome.Built.class, outcome, outcome.toString()).code();

      RunOutcome ran = old.run(product, built, Double.POSITIVE_INFINITY, Effort.SEARCH);

      RunOutcome.Failed failed = assertInstanceOf(RunOutcome.Failed.class, ran);
      assertEquals(RecordStatus.LAUNCH, failed.status());
      assertTrue(
          failed
              .error()
              .endsWith("has no function cuTensorMapEncodeTiled: update the NVIDIA driver"),
          failed.error());
    }
  }

  private static Candidate withTiles(ComputeDag dag, CudaTarget target) {
    DesignSpace space = DesignSpace.of(dag, target);
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 400; i++) {
      Candidate candidate = space.random(random);
      if (candidate.values().values().stream().anyMatch(value -> value.endsWith(" tiles"))) {
        return candidate;
      }
    }
    throw new AssertionError("no candidate has the device copy tiles");
  }

  @Test
  void oneWorkerHasTheDeviceForItself() throws IOException {
    configure(rightAnswer());
    assertInstanceOf(RunOutcome.Timed.class, run());
    try (LocalWorker second =
        new LocalWorker(WorkerTarget.of(gpu, Kernels.host(), false), options)) {
      String refused = assertThrows(MeasureException.class, () -> run(second)).getMessage();

      assertTrue(refused.contains("another process measures on the GPU"), refused);
      worker.close();
      assertInstanceOf(RunOutcome.Timed.class, run(second));
    }
  }
}
