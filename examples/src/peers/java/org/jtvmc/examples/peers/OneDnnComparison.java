package org.jtvmc.examples.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.codegen.peak.PeakMeter;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.bench.LatencyStatistics;
import org.jtvmc.compiler.pipeline.ScheduleSource;
import org.jtvmc.compiler.pipeline.TunedSchedules;
import org.jtvmc.compiler.run.FillMode;
import org.jtvmc.compiler.run.InputFiller;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.tuner.record.RecordStore;

/**
 * Three of the workloads beside oneDNN's kernels, in turn in one process: each runs for a tenth of
 * a second, then rests for a hundredth, so that no threads of the other still wait in a loop.
 * Writes a table in Markdown. With {@code RECORDS.jsonl} the schedules are tuned ones.
 */
public final class OneDnnComparison {
  private static final Duration SLICE = Duration.ofMillis(100);

  private static final Duration REST = Duration.ofMillis(10);

  private final CpuTarget target = HostCpu.detect().target();
  private final ScheduleSource schedules;
  private final int rounds;

  private OneDnnComparison(ScheduleSource schedules, int rounds) {
    this.schedules = schedules;
    this.rounds = rounds;
  }

  /** {@code ROUNDS [RECORDS.jsonl]}. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length == 0) {
      throw new IllegalArgumentException("usage: OneDnnComparison ROUNDS [RECORDS.jsonl]");
    }
    int rounds = Integer.parseInt(arguments[0]);
    if (arguments.length == 1) {
      new OneDnnComparison(ScheduleSource.NONE, rounds).write();
      return;
    }
    try (RecordStore records = RecordStore.open(Path.of(arguments[1]), System.err::println)) {
      new OneDnnComparison(new TunedSchedules(records), rounds).write();
    }
  }

  private void write() throws IOException, InterruptedException {
    OneDnnKernels peer = new OneDnnKernels();
    System.out.println(
        "| workload | jtvmc ms: min, median | oneDNN ms: min, median | speed: min, median"
            + " | share of the peak: jtvmc, oneDNN |");
    System.out.println("| --- | --- | --- | --- | --- |");
    compare("matmul-1024", "", peer.product(1024, 1024, 1024));
    compare("dense-gelu", "", peer.denseGelu(128, 384, 1536));
    compare("conv2d-3x3-64-56", ", channels first", peer.convolution(64, 56, false));
    compare("conv2d-3x3-64-56", ", oneDNN in its own layout", peer.convolution(64, 56, true));
  }

  private void compare(String workload, String remark, Runnable theirs)
      throws IOException, InterruptedException {
    ModelSource source = ModelSource.of("examples/workloads/" + workload + ".relay");
    Artifact artifact =
        new ArtifactCompiler(target, CompileListener.NONE)
            .compile(
                source,
                CompileOptions.builder(source.name(), target).schedules(schedules).build(),
                Files.createTempDirectory("peers"));
    try (ModelRunner runner = artifact.load(0);
        PeakMeter meter = new PeakMeter(target, target.cores())) {
      InputFiller filler = new InputFiller(FillMode.RANDOM, 0, artifact.manifest().inputLimits());
      List<NDArray> inputs = new ArrayList<>(filler.fill(runner.inputs(), Map.of()));
      Runnable ours = runner.bind(inputs)::run;
      List<Long> our = new ArrayList<>();
      List<Long> their = new ArrayList<>();
      double peak = 0;
      for (int round = 0; round <= rounds; round++) {
        peak = Math.max(peak, meter.multiplyAddGflops());
        List<Long> first = slice(ours);
        List<Long> second = slice(theirs);
        if (round > 0) {
          our.addAll(first);
          their.addAll(second);
        }
      }
      double gflop = artifact.manifest().flop() / 1e6;
      LatencyStatistics a = statistics(our);
      LatencyStatistics b = statistics(their);
      System.out.printf(
          Locale.ROOT,
          "| `%s`%s | %.4f, %.4f | %.4f, %.4f | %.2f, %.2f | %.2f, %.2f of %.0f GFLOP/s |%n",
          workload,
          remark,
          a.min(),
          a.median(),
          b.min(),
          b.median(),
          b.min() / a.min(),
          b.median() / a.median(),
          gflop / a.min() / peak,
          gflop / b.min() / peak,
          peak);
    }
  }

  private static LatencyStatistics statistics(List<Long> times) {
    return LatencyStatistics.of(times.stream().mapToLong(Long::longValue).toArray());
  }

  private static List<Long> slice(Runnable kernel) throws InterruptedException {
    Thread.sleep(REST);
    List<Long> times = new ArrayList<>();
    long start = System.nanoTime();
    while (System.nanoTime() - start < SLICE.toNanos()) {
      long before = System.nanoTime();
      kernel.run();
      times.add(System.nanoTime() - before);
    }
    return times;
  }
}
