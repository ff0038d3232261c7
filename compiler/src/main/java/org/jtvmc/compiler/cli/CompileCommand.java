package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.ArtifactLayout;
import org.jtvmc.compiler.artifact.ArtifactManifest;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.artifact.CompileOptions.Part;
import org.jtvmc.compiler.pipeline.KernelBuild;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.target.Target;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code compile}: builds the artifact. */
@Command(name = "compile", description = "Compiles a model into a library.")
final class CompileCommand extends Verb {

  /** Where the weights go. */
  enum WeightMode {
    EMBEDDED,
    EXTERNAL
  }

  @Parameters(paramLabel = "MODEL", description = "An .onnx or .relay file, or zoo:NAME.")
  private String model;

  @Option(
      names = "-o",
      paramLabel = "OUT",
      required = true,
      description = "A library if it ends in .so, else a folder.")
  private Path out;

  @Mixin private CompilationOptions compilation;

  @Option(
      names = "--emit",
      paramLabel = "PART",
      split = ",",
      description = "What to write: ${COMPLETION-CANDIDATES}; by default lib,header,weights.")
  private List<Part> emit = new ArrayList<>();

  @Option(
      names = "--weights",
      paramLabel = "MODE",
      description = "Where the weights go: embedded in the library (the default), or external.")
  private WeightMode weights = WeightMode.EMBEDDED;

  @Option(names = "--module-name", paramLabel = "NAME", description = "Prefix of the C functions.")
  private String moduleName;

  @Mixin private InspectionOptions inspection;

  @Override
  public Integer call() {
    if (ArtifactLayout.isLibrary(out) && weights == WeightMode.EXTERNAL) {
      throw new UsageException(
          "a single library has its weights embedded; name a folder for external weights");
    }
    ModelSource source = source(model);
    String name = name(source);
    long start = System.nanoTime();
    // Before LLVM is loaded, and at first unpacked: a model that is refused needs none.
    IRModule imported = source.load(compilation.shapes().given());
    Machine machine = Machine.detect();
    Target target = compilation.target(machine);
    CompileOptions options =
        CompileOptions.builder(name, target)
            .shapes(compilation.shapes().given())
            .specialized(compilation.shapes().specialized())
            .schedules(compilation.schedules(target, sentence -> note("%s", sentence)))
            .withoutPasses(inspection.disabledPasses())
            .externalWeights(weights == WeightMode.EXTERNAL)
            .parts(emit.isEmpty() ? Part.usual() : EnumSet.copyOf(emit))
            .precision(compilation.precision())
            .build();
    ArtifactLayout layout = ArtifactLayout.of(out, options.name());
    CompilationReport report = inspection.report(this, layout);
    Artifact artifact =
        new ArtifactCompiler(machine.host(), report).compile(source, imported, options, out);
    report.finish();
    boolean linked = emit.isEmpty() || emit.contains(Part.LIB);
    report(artifact, linked, (System.nanoTime() - start) / 1e9);
    return ExitCode.DONE;
  }

  private String name(ModelSource source) {
    if (moduleName == null) {
      return source.name();
    }
    if (moduleName.equals(ModelSource.RUNTIME)) {
      throw new UsageException(
          "--module-name '%s' is what the runtime's own header and functions are called; give another"
              .formatted(moduleName));
    }
    if (!moduleName.equals(ModelSource.identifier(moduleName))) {
      throw new UsageException(
          "--module-name '%s' is no C identifier: letters, digits and underscores"
              .formatted(moduleName));
    }
    return moduleName;
  }

  private void report(Artifact artifact, boolean linked, double seconds) {
    ArtifactManifest manifest = artifact.manifest();
    long tuned = count(manifest, KernelBuild.Origin.TUNED);
    long predicted = count(manifest, KernelBuild.Origin.PREDICTED);
    if (json()) {
      ObjectNode document = object();
      document.put("model", manifest.source().reference());
      document.put("name", manifest.name());
      document.put("target", manifest.target());
      document.put("library", linked ? artifact.library().toString() : null);
      document.put("kernels", manifest.kernels().size());
      document.put("kernels_tuned", tuned);
      document.put("kernels_predicted", predicted);
      document.put("weights_bytes", manifest.weights().bytes());
      document.put("workspace_bytes", manifest.memory().workspaceBytes());
      document.put("workspace_lower_bound_bytes", manifest.memory().workspaceLowerBoundBytes());
      document.put("elapsed_s", seconds);
      print(document);
    } else {
      line(
          "%s for %s",
          linked ? artifact.library() : artifact.library().getParent(), manifest.target());
      line(
          "%d kernel%s (%d tuned, %d by the model), %s of weights, %s of workspace, %.1f s",
          manifest.kernels().size(),
          manifest.kernels().size() == 1 ? "" : "s",
          tuned,
          predicted,
          Sizes.text(manifest.weights().bytes()),
          Sizes.text(manifest.memory().workspaceBytes()),
          seconds);
    }
  }

  private static long count(ArtifactManifest manifest, KernelBuild.Origin origin) {
    String symbol = origin.name().toLowerCase(Locale.ROOT);
    return manifest.kernels().stream().filter(k -> k.schedule().equals(symbol)).count();
  }
}
