package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.codegen.peak.PeakMeter;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.artifact.ArtifactManifest;
import org.jtvmc.compiler.bench.BenchmarkPlan;
import org.jtvmc.compiler.bench.InterleavedBenchmark;
import org.jtvmc.compiler.bench.KernelProfile;
import org.jtvmc.compiler.bench.LatencyStatistics;
import org.jtvmc.compiler.bench.PeakMemory;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.compiler.run.StepwiseModel;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.compiler.verify.OnnxRuntimeSession;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.file.TemporaryFolder;
import org.jtvmc.ir.target.CpuTarget;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench}: latency, alone or in turn with ONNX Runtime. */
@Command(name = "bench", description = "Measures a model's latency.")
final class BenchCommand extends Verb {

  private static final int PROFILE_ROUNDS = 15;
  private static final double MIB = 1 << 20;

  /** Whom to compare with. */
  enum Peer {
    ONNXRUNTIME
  }

  @Parameters(
      paramLabel = "MODEL|OUT",
      description = "A model, which is compiled first, or what compile has written.")
  private String model;

  @Option(
      names = "--compare",
      paramLabel = "PEER",
      description = "Also measure onnxruntime, in turn, on the same inputs and threads.")
  private Peer compare;

  @Option(names = "--warmup", paramLabel = "N", description = "Runs that are not counted.")
  private int warmup = 10;

  @Option(names = "--iterations", paramLabel = "N", description = "The fewest runs that count.")
  private int iterations = 50;

  @Option(names = "--duration", paramLabel = "S", description = "The fewest seconds to measure.")
  private double seconds = 1;

  @Option(
      names = "--pause",
      paramLabel = "MS",
      description = "Milliseconds before each run that counts, as between a service's requests.")
  private double pauseMs;

  @Option(names = "--profile", description = "Also say how long each kernel takes, run one by one.")
  private boolean profile;

  @Option(
      names = "--memory",
      description =
          "Also say how far loading and running it makes a process grow, each in one of its own.")
  private boolean memory;

  @Mixin private InputOptions inputs;

  @Mixin private CompilationOptions compilation;

  /** What was measured. */
  private record Outcome(
      Artifact artifact,
      int threads,
      LatencyStatistics ours,
      Optional<LatencyStatistics> peers,
      String peerVersion) {

    /** Operations of one run. */
    double flop() {
      return artifact.manifest().flop();
    }

    /** Whether they are known: where sizes or steps are open they depend on the run. */
    boolean countsOperations() {
      return !artifact.manifest().source().shapes().isOpen() && !artifact.manifest().goesInStages();
    }

    double gflops(double milliseconds) {
      return flop() / milliseconds / 1e6;
    }
  }

  @Override
  public Integer call() {
    if (warmup < 0
        || iterations < 1
        || !(seconds >= 0 && seconds <= 86_400)
        || !(pauseMs >= 0 && pauseMs <= 60_000)) {
      throw new UsageException(
          "--warmup is at least 0, --iterations at least 1, --duration 0 to 86400 seconds, --pause"
              + " 0 to 60000 milliseconds");
    }
    try (TemporaryFolder scratch = TemporaryFolder.create()) {
      Machine machine = Machine.detect();
      Artifact artifact =
          ModelOrArtifact.artifact(model, compilation, inputs, machine, this, scratch.path());
      Outcome outcome = measure(artifact);
      OptionalDouble peak = peak(outcome, machine);
      report(
          outcome,
          peak,
          memory ? growth(outcome, scratch) : Growth.UNKNOWN,
          profile ? profile(outcome, machine, scratch) : new KernelProfile(List.of()));
    }
    return ExitCode.DONE;
  }

  private Outcome measure(Artifact artifact) {
    ArtifactManifest manifest = artifact.manifest();
    int threads = compilation.threads() == 0 ? manifest.numThreads() : compilation.threads();
    BenchmarkPlan plan =
        new BenchmarkPlan(
            warmup,
            iterations,
            Duration.ofNanos((long) (seconds * 1e9)),
            Duration.ofNanos((long) (pauseMs * 1e6)));
    InterleavedBenchmark benchmark = new InterleavedBenchmark(plan);
    try (ModelRunner runner = artifact.load(threads)) {
      List<NDArray> arrays = inputs.arrays(manifest, compilation);
      ModelRunner.Bound ours = runner.bind(arrays);
      List<Runnable> contestants = new ArrayList<>(List.of(ours::run));
      if (compare == null) {
        LatencyStatistics alone = benchmark.measure(contestants).getFirst();
        return new Outcome(artifact, threads, alone, Optional.empty(), "");
      }
      try (OnnxRuntimeSession session =
              new OnnxRuntimeSession(
                  peerModel(manifest).file(),
                  OnnxRuntimeSession.shapes(runner.inputs(), arrays),
                  threads);
          OnnxRuntimeSession.Bound theirs = session.bind(runner.inputs(), arrays)) {
        contestants.add(theirs::run);
        List<LatencyStatistics> both = benchmark.measure(contestants);
        return new Outcome(
            artifact, threads, both.get(0), Optional.of(both.get(1)), session.version());
      }
    }
  }

  /** What the same threads reach in multiply-adds alone, right after; empty for a GPU. */
  private static OptionalDouble peak(Outcome outcome, Machine machine) {
    if (!(machine.target(outcome.artifact.manifest().target(), 0) instanceof CpuTarget)) {
      return OptionalDouble.empty();
    }
    try (PeakMeter meter = new PeakMeter(machine.host(), outcome.threads)) {
      return OptionalDouble.of(meter.multiplyAddGflops());
    }
  }

  /** By how many bytes a process grows. */
  private record Growth(OptionalLong ours, OptionalLong peers) {
    static final Growth UNKNOWN = new Growth(OptionalLong.empty(), OptionalLong.empty());
  }

  private Growth growth(Outcome outcome, TemporaryFolder scratch) {
    ArtifactManifest manifest = outcome.artifact.manifest();
    List<TensorInfo> tensors = RunShapes.inputs(manifest, compilation, inputs.sizes());
    PeakMemory peak =
        PeakMemory.with(tensors, inputs.arrays(tensors, manifest), outcome.threads, scratch.path());
    return new Growth(
        peak.of(outcome.artifact),
        outcome.peers.isEmpty() ? OptionalLong.empty() : peak.ofPeer(peerModel(manifest).file()));
  }

  private KernelProfile profile(Outcome outcome, Machine machine, TemporaryFolder scratch) {
    RebuiltModel rebuilt =
        RebuiltModel.of(outcome.artifact.manifest(), machine, this, scratch.path());
    ArtifactManifest manifest = outcome.artifact.manifest();
    List<NDArray> arrays = inputs.arrays(manifest, compilation);
    try (StepwiseModel steps = StepwiseModel.of(rebuilt.model(), arrays, outcome.threads)) {
      return KernelProfile.measure(rebuilt.model(), steps, PROFILE_ROUNDS);
    }
  }

  private ModelSource peerModel(ArtifactManifest manifest) {
    ModelSource source = source(manifest.source());
    if (source.format() != ModelSource.Format.ONNX) {
      throw new UsageException(
          "%s is no ONNX model, so that onnxruntime cannot run it; leave out --compare"
              .formatted(source.reference()));
    }
    return source;
  }

  private void report(Outcome outcome, OptionalDouble peak, Growth growth, KernelProfile kernels) {
    ArtifactManifest manifest = outcome.artifact.manifest();
    if (!json()) {
      line(
          "%s, %s, %d threads%s",
          model,
          manifest.target(),
          outcome.threads,
          pauseMs > 0 ? ", %s ms before each run".formatted(pauseMs) : "");
      line("%-12s %s", "", "min      median   mean     p90      p99      max  (ms)");
      line("%-12s %s", "jtvmc", row(outcome.ours));
      outcome.peers.ifPresent(
          peers -> {
            line("%-12s %s", OnnxRuntimeSession.NAME, row(peers));
            line(
                "speedup      %.2f (median), %.2f (min) over %s %s",
                peers.median() / outcome.ours.median(),
                peers.min() / outcome.ours.min(),
                OnnxRuntimeSession.NAME,
                outcome.peerVersion);
          });
      if (outcome.countsOperations()) {
        line(
            "speed        %.1f GFLOP/s (median), %.1f (max)%s",
            outcome.gflops(outcome.ours.median()),
            outcome.gflops(outcome.ours.min()),
            peak.isEmpty()
                ? ""
                : ", %.0f %% of the %.0f that multiply-adds alone reach"
                    .formatted(
                        100 * outcome.gflops(outcome.ours.min()) / peak.getAsDouble(),
                        peak.getAsDouble()));
      }
      growth.ours.ifPresent(
          bytes ->
              line(
                  "memory       %.1f MiB%s",
                  bytes / MIB,
                  growth.peers.isEmpty()
                      ? ""
                      : ", %s %.1f MiB"
                          .formatted(OnnxRuntimeSession.NAME, growth.peers.getAsLong() / MIB)));
      show(kernels);
      return;
    }
    ObjectNode document = object();
    document.put("model", manifest.source().reference());
    document.put("target", manifest.target());
    document.put("num_threads", outcome.threads);
    document.put("pause_ms", pauseMs);
    latency(document, outcome.ours);
    peak.ifPresent(gflops -> document.put("peak_gflops", gflops));
    if (outcome.countsOperations()) {
      document.put("flop", outcome.flop());
      document.put("gflops_median", outcome.gflops(outcome.ours.median()));
      document.put("gflops_max", outcome.gflops(outcome.ours.min()));
      peak.ifPresent(
          gflops -> document.put("share_of_peak", outcome.gflops(outcome.ours.min()) / gflops));
    }
    document.put("workspace_bytes", manifest.memory().workspaceBytes());
    document.put("workspace_lower_bound_bytes", manifest.memory().workspaceLowerBoundBytes());
    document.put("weights_bytes", manifest.weights().bytes());
    growth.ours.ifPresent(bytes -> document.put("peak_memory_bytes", bytes));
    outcome.peers.ifPresent(
        peers -> {
          ObjectNode peer = document.putObject("compare");
          peer.put("name", OnnxRuntimeSession.NAME);
          peer.put("version", outcome.peerVersion);
          latency(peer, peers);
          peer.put("speedup_median", peers.median() / outcome.ours.median());
          peer.put("speedup_min", peers.min() / outcome.ours.min());
          growth.peers.ifPresent(bytes -> peer.put("peak_memory_bytes", bytes));
        });
    if (profile) {
      ArrayNode list = document.putArray("profile");
      for (KernelProfile.Entry entry : kernels.entries()) {
        ObjectNode node = list.addObject();
        node.put("kernel", entry.kernel());
        node.put("time_ms", entry.timeMs());
        node.put("gflops", entry.gflops());
        node.put("gb_s", entry.gbS());
        node.put("share", entry.share());
        node.put("calls", entry.calls());
        node.put("operators", entry.operators());
      }
    }
    print(document);
  }

  private void show(KernelProfile kernels) {
    if (profile) {
      line("%9s %6s %9s %7s %6s  %s", "ms", "share", "GFLOP/s", "GB/s", "calls", "kernel");
      for (KernelProfile.Entry entry : kernels.entries()) {
        line(
            "%9.4f %5.1f%% %9.1f %7.1f %6d  %s",
            entry.timeMs(),
            100 * entry.share(),
            entry.gflops(),
            entry.gbS(),
            entry.calls(),
            entry.kernel());
      }
    }
  }

  private static void latency(ObjectNode node, LatencyStatistics statistics) {
    ObjectNode latency = node.putObject("latency_ms");
    latency.put("min", statistics.min());
    latency.put("median", statistics.median());
    latency.put("mean", statistics.mean());
    latency.put("p90", statistics.p90());
    latency.put("p99", statistics.p99());
    latency.put("max", statistics.max());
    node.put("samples", statistics.samples());
  }

  private static String row(LatencyStatistics statistics) {
    return String.format(
        java.util.Locale.ROOT,
        "%-8.3f %-8.3f %-8.3f %-8.3f %-8.3f %-8.3f",
        statistics.min(),
        statistics.median(),
        statistics.mean(),
        statistics.p90(),
        statistics.p99(),
        statistics.max());
  }
}
