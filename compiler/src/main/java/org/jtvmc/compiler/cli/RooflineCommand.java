package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jtvmc.codegen.peak.MachinePeaks;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.artifact.ArtifactManifest;
import org.jtvmc.compiler.bench.KernelProfile;
import org.jtvmc.compiler.roofline.Roofline;
import org.jtvmc.compiler.roofline.RooflinePage;
import org.jtvmc.compiler.run.StepwiseModel;
import org.jtvmc.compiler.target.TargetException;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.file.FileFault;
import org.jtvmc.ir.file.TemporaryFolder;
import org.jtvmc.ir.target.CpuTarget;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code roofline}: how far each kernel is from what the machine allows. */
@Command(
    name = "roofline",
    description = "Measures the machine's peaks and shows how close each kernel comes.")
final class RooflineCommand extends Verb {

  private static final int ROUNDS = 15;

  @Parameters(
      paramLabel = "MODEL|OUT",
      description = "A model, which is compiled first, or what compile has written.")
  private String model;

  @Option(names = "-o", paramLabel = "PAGE", description = "Write an HTML page with the plot.")
  private Path page;

  @Mixin private InputOptions inputs;

  @Mixin private CompilationOptions compilation;

  @Override
  public Integer call() {
    try (TemporaryFolder scratch = TemporaryFolder.create()) {
      Machine machine = Machine.detect();
      Artifact artifact =
          ModelOrArtifact.artifact(model, compilation, inputs, machine, this, scratch.path());
      Roofline roofline = measure(artifact.manifest(), machine, scratch);
      if (page != null) {
        write(new RooflinePage(roofline).html());
      }
      if (json()) {
        print(document(roofline));
      } else {
        show(roofline);
      }
    }
    return ExitCode.DONE;
  }

  private Roofline measure(ArtifactManifest manifest, Machine machine, TemporaryFolder scratch) {
    if (!(machine.target(manifest.target(), 0) instanceof CpuTarget)) {
      throw new TargetException(
          "roofline measures CPUs, and %s is for '%s'; compile it with --target llvm"
              .formatted(model, manifest.target()));
    }
    int threads = compilation.threads() == 0 ? manifest.numThreads() : compilation.threads();
    detail("measuring the machine's peaks");
    MachinePeaks single = MachinePeaks.measure(machine.host(), 1);
    MachinePeaks peaks = threads == 1 ? single : MachinePeaks.measure(machine.host(), threads);
    RebuiltModel rebuilt = RebuiltModel.of(manifest, machine, this, scratch.path());
    List<NDArray> arrays = inputs.arrays(manifest, compilation);
    try (StepwiseModel steps = StepwiseModel.of(rebuilt.model(), arrays, threads)) {
      KernelProfile profile = KernelProfile.measure(rebuilt.model(), steps, ROUNDS);
      return Roofline.of(
          manifest.source().reference(),
          manifest.target(),
          machine.host().caches(),
          single,
          peaks,
          profile,
          rebuilt.model().memory().bytes());
    }
  }

  private void write(String html) {
    try {
      Files.writeString(page, html);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "the page %s cannot be written: %s".formatted(page, FileFault.reason(e)), e);
    }
  }

  private void show(Roofline roofline) {
    line("%s, %s, %d threads", model, roofline.target(), roofline.peaks().threads());
    show(roofline.single());
    if (roofline.peaks().threads() > 1) {
      show(roofline.peaks());
    }
    line(
        "%9s %6s %9s %9s %7s %10s %5s %-7s %s",
        "ms", "share", "FLOP/byte", "GFLOP/s", "GB/s", "attainable", "of it", "bound", "kernel");
    for (Roofline.Point point : roofline.points()) {
      line(
          "%9.4f %5.1f%% %9.2f %9.1f %7.1f %10.1f %4.0f%% %-7s %s",
          point.kernel().timeMs(),
          100 * point.kernel().share(),
          point.intensity(),
          point.kernel().gflops(),
          point.kernel().gbS(),
          point.attainableGflops(),
          100 * point.efficiency(),
          name(point.bound()),
          point.kernel().kernel());
    }
    line(
        "kernels one by one take %.3f ms; the roof allows %.3f ms",
        roofline.timeMs(), roofline.attainableMs());
    if (page != null) {
      line("%s", page);
    }
  }

  private void show(MachinePeaks peaks) {
    StringBuilder bandwidths = new StringBuilder();
    peaks
        .readGbS()
        .forEach(
            (level, gbS) ->
                bandwidths.append(String.format(Locale.ROOT, ", %s %.1f GB/s", level, gbS)));
    line(
        "peak of %d thread%s: %.1f GFLOP/s%s, fork and join %.2f us",
        peaks.threads(),
        peaks.threads() == 1 ? "" : "s",
        peaks.multiplyAddGflops(),
        bandwidths,
        peaks.forkJoinUs());
  }

  private static ObjectNode document(Roofline roofline) {
    ObjectNode document = object();
    document.put("model", roofline.model());
    document.put("target", roofline.target());
    document.put("num_threads", roofline.peaks().threads());
    ArrayNode peaks = document.putArray("peaks");
    PeakNodes.fill(peaks.addObject(), roofline.single());
    if (roofline.peaks().threads() > 1) {
      PeakNodes.fill(peaks.addObject(), roofline.peaks());
    }
    ArrayNode kernels = document.putArray("kernels");
    for (Roofline.Point point : roofline.points()) {
      ObjectNode node = kernels.addObject();
      node.put("kernel", point.kernel().kernel());
      node.put("operators", point.kernel().operators());
      node.put("calls", point.kernel().calls());
      node.put("time_ms", point.kernel().timeMs());
      node.put("share", point.kernel().share());
      node.put("flop", point.kernel().flop());
      node.put("activation_bytes", point.kernel().traffic().activationBytes());
      node.put("weight_bytes", point.kernel().traffic().weightBytes());
      node.put("intensity_flop_per_byte", point.intensity());
      node.put("gflops", point.kernel().gflops());
      node.put("gb_s", point.kernel().gbS());
      node.put("attainable_gflops", point.attainableGflops());
      node.put("attainable_ms", point.attainableMs());
      node.put("efficiency", point.efficiency());
      node.put("bound", name(point.bound()));
    }
    document.put("time_ms", roofline.timeMs());
    document.put("attainable_ms", roofline.attainableMs());
    document.put("flop", roofline.flop());
    return document;
  }

  private static String name(Roofline.Bound bound) {
    return bound.name().toLowerCase(Locale.ROOT);
  }
}
