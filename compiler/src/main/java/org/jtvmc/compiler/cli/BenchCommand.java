package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.artifact.ArtifactManifest;
import org.jtvmc.compiler.bench.BenchmarkPlan;
import org.jtvmc.compiler.bench.InterleavedBenchmark;
import org.jtvmc.compiler.bench.LatencyStatistics;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.compiler.verify.OnnxRuntimeSession;
import org.jtvmc.ir.data.NDArray;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench}: latency, alone or in turn with ONNX Runtime. */
@Command(name = "bench", description = "Measures a model's latency.")
final class BenchCommand extends Verb {

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

  @Mixin private InputOptions inputs;

  @Mixin private CompilationOptions compilation;

  /** What was measured. */
  private record Outcome(
      Artifact artifact,
      int threads,
      LatencyStatistics ours,
      Optional<LatencyStatistics> peers,
      String peerVersion) {}

  @Override
  public Integer call() {
    if (warmup < 0 || iterations < 1 || !(seconds >= 0) || seconds > 86_400) {
      throw new UsageException(
          "--warmup is at least 0, --iterations at least 1, --duration 0 to 86400 seconds");
    }
    try (TemporaryFolder scratch = TemporaryFolder.create()) {
      Artifact artifact =
          ModelOrArtifact.artifact(model, compilation, Machine.detect(), this, scratch.path());
      report(measure(artifact));
    }
    return ExitCode.DONE;
  }

  private Outcome measure(Artifact artifact) {
    ArtifactManifest manifest = artifact.manifest();
    int threads = compilation.threads() == 0 ? manifest.numThreads() : compilation.threads();
    BenchmarkPlan plan =
        new BenchmarkPlan(warmup, iterations, Duration.ofNanos((long) (seconds * 1e9)));
    InterleavedBenchmark benchmark = new InterleavedBenchmark(plan);
    try (ModelRunner runner = artifact.load(threads)) {
      List<NDArray> arrays = inputs.arrays(runner.inputs(), manifest.inputLimits());
      ModelRunner.Bound ours = runner.bind(arrays);
      List<Runnable> contestants = new ArrayList<>(List.of(ours::run));
      if (compare == null) {
        LatencyStatistics alone = benchmark.measure(contestants).getFirst();
        return new Outcome(artifact, threads, alone, Optional.empty(), "");
      }
      try (OnnxRuntimeSession session =
              new OnnxRuntimeSession(peerModel(manifest).file(), threads);
          OnnxRuntimeSession.Bound theirs = session.bind(runner.inputs(), arrays)) {
        contestants.add(theirs::run);
        List<LatencyStatistics> both = benchmark.measure(contestants);
        return new Outcome(
            artifact, threads, both.get(0), Optional.of(both.get(1)), session.version());
      }
    }
  }

  private static ModelSource peerModel(ArtifactManifest manifest) {
    ModelSource source = ModelSource.of(manifest.source().reference());
    if (source.format() != ModelSource.Format.ONNX) {
      throw new UsageException(
          "%s is no ONNX model, so that onnxruntime cannot run it; leave out --compare"
              .formatted(source.reference()));
    }
    return source;
  }

  private void report(Outcome outcome) {
    ArtifactManifest manifest = outcome.artifact.manifest();
    if (!json()) {
      line("%s, %s, %d threads", model, manifest.target(), outcome.threads);
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
      return;
    }
    ObjectNode document = object();
    document.put("model", manifest.source().reference());
    document.put("target", manifest.target());
    document.put("num_threads", outcome.threads);
    latency(document, outcome.ours);
    outcome.peers.ifPresent(
        peers -> {
          ObjectNode peer = document.putObject("compare");
          peer.put("name", OnnxRuntimeSession.NAME);
          peer.put("version", outcome.peerVersion);
          latency(peer, peers);
          peer.put("speedup_median", peers.median() / outcome.ours.median());
          peer.put("speedup_min", peers.min() / outcome.ours.min());
        });
    print(document);
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
