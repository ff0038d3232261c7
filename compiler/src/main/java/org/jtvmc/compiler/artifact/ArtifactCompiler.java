package org.jtvmc.compiler.artifact;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.library.KernelCall;
import org.jtvmc.codegen.library.ModelDescription;
import org.jtvmc.codegen.library.ModelHeader;
import org.jtvmc.codegen.library.ModelLibrary;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.codegen.library.WeightStorage;
import org.jtvmc.codegen.runtime.RuntimeResources;
import org.jtvmc.compiler.CompilerVersion;
import org.jtvmc.compiler.artifact.CompileOptions.Part;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.compiler.pipeline.CompiledModel;
import org.jtvmc.compiler.pipeline.KernelBinary;
import org.jtvmc.compiler.pipeline.KernelBuild;
import org.jtvmc.compiler.pipeline.ModelCompiler;
import org.jtvmc.compiler.run.InputLimits;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.file.FileFault;
import org.jtvmc.ir.file.TemporaryFolder;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.schedule.step.StepCodec;

/** From a model's file to the artifact on disk: the whole way. */
public final class ArtifactCompiler {

  private final CpuTarget host;
  private final CompileListener listener;

  /**
   * @param host this machine
   */
  public ArtifactCompiler(CpuTarget host, CompileListener listener) {
    this.host = host;
    this.listener = listener;
  }

  /**
   * Compiles a model. Each file is replaced as a whole when it is done.
   *
   * @param out a folder, or a library if it ends in {@code .so}
   * @throws org.jtvmc.compiler.onnx.ModelException where the model cannot be read or compiled
   * @throws ArtifactException where a file cannot be written
   * @throws IllegalArgumentException where there is no pass of a disabled or enabled name
   */
  public Artifact compile(ModelSource source, CompileOptions options, Path out) {
    IRModule imported = source.load(options.shapes());
    return compile(source, imported, options, out);
  }

  /** As the other, for a model that is loaded already. */
  public Artifact compile(ModelSource source, IRModule imported, CompileOptions options, Path out) {
    ArtifactLayout layout = ArtifactLayout.of(out, options.name());
    layout.requireRoom(out);
    try {
      Files.createDirectories(layout.folder());
      // Beside the library, so that they can be moved to where they belong at once.
      try (TemporaryFolder work = TemporaryFolder.in(layout.folder())) {
        Path weights = work.resolve("weights");
        List<IRModule> variants =
            options.specialized().stream()
                .map(numbers -> source.load(options.shapes(), numbers))
                .toList();
        CompiledModel model = kernels(imported, variants, options, weights);
        listener.compiled(model);
        ArtifactManifest manifest = manifest(source, imported, options, model, layout);
        write(model, manifest, options, layout);
        return new Artifact(layout.library(), manifest);
      }
    } catch (IOException e) {
      throw new ArtifactException("cannot write %s: %s".formatted(out, FileFault.reason(e)), e);
    } catch (UncheckedIOException e) {
      throw new ArtifactException(e.getMessage(), e);
    }
  }

  /**
   * Compiles a model's kernels, and writes nothing but their weights.
   *
   * @param weights the file to write
   */
  public CompiledModel kernels(IRModule imported, CompileOptions options, Path weights) {
    return kernels(imported, List.of(), options, weights);
  }

  /**
   * As the other.
   *
   * @param variants the model for shapes that get code of their own
   */
  public CompiledModel kernels(
      IRModule imported, List<IRModule> variants, CompileOptions options, Path weights) {
    requireKnownSizes(imported, options);
    return new ModelCompiler(
            options.target(), host, options.schedules(), listener.code(), listener::problem)
        .compile(
            fuse(imported, options),
            variants.stream().map(variant -> fuse(variant, options)).toList(),
            options.name(),
            weights);
  }

  private IRModule fuse(IRModule imported, CompileOptions options) {
    return GraphPipeline.standard(options.precision(), options.target())
        .without(options.disabledPasses())
        .watchedBy(listener.passes())
        .run(imported);
  }

  private static void requireKnownSizes(IRModule imported, CompileOptions options) {
    boolean isOpen =
        imported.main().parameters().stream()
            .anyMatch(input -> input.type() instanceof TensorType type && !type.isStatic());
    if (isOpen && options.target() instanceof CudaTarget) {
      throw new ModelException(
          "sizes cannot be left open for a GPU; give numbers with --input-shapes");
    }
    if (!isOpen && !options.specialized().isEmpty()) {
      throw new ModelException(
          "all sizes are known, so that there is nothing to specialise; leave sizes open with"
              + " --input-shapes, or leave out --specialize");
    }
  }

  private static void write(
      CompiledModel model, ArtifactManifest manifest, CompileOptions options, ArtifactLayout layout)
      throws IOException {
    ModelDescription description = describe(model, manifest, options);
    if (options.parts().contains(Part.LIB)) {
      writeLibrary(model, description, layout.library());
      manifest.write(layout.beside(".json"));
    }
    if (options.parts().contains(Part.HEADER)) {
      Files.writeString(layout.beside(".h"), ModelHeader.text(description));
      for (String header : RuntimeResources.HEADERS) {
        Files.writeString(layout.folder().resolve(header), RuntimeResources.header(header));
      }
    }
    if (options.parts().contains(Part.OBJ)) {
      Path folder = Files.createDirectories(layout.beside(".obj"));
      for (KernelBuild kernel : model.parts().flatMap(part -> part.kernels().stream()).toList()) {
        String ending = model.target() instanceof CudaTarget ? ".ptx" : ".o";
        Files.write(folder.resolve(kernel.name() + ending), kernel.binary().code());
      }
    }
    if (!layout.single() && options.parts().contains(Part.LIB)) {
      Files.writeString(
          layout.beside(".pc"), PackageFiles.pkgConfig(manifest.name(), manifest.target()));
      Files.writeString(layout.beside("-config.cmake"), PackageFiles.cmake(manifest.name()));
    }
    if (options.parts().contains(Part.WEIGHTS) && manifest.weights().file() != null) {
      Files.move(
          model.weights(),
          layout.folder().resolve(manifest.weights().file()),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static void writeLibrary(
      CompiledModel model, ModelDescription description, Path library) {
    switch (model.target()) {
      case CpuTarget _ ->
          ModelLibrary.write(
              description,
              Stream.concat(
                      model
                          .parts()
                          .flatMap(part -> part.kernels().stream())
                          .map(kernel -> kernel.binary().code()),
                      model.externals().values().stream())
                  .toList(),
              library);
      case CudaTarget gpu ->
          ModelLibrary.write(description, DevicePrograms.of(model, gpu), library);
    }
  }

  private static ModelDescription describe(
      CompiledModel model, ArtifactManifest manifest, CompileOptions options) {
    WeightStorage storage =
        switch (manifest.weights().storage()) {
          case "none" -> new WeightStorage.None();
          case "external" ->
              new WeightStorage.External(manifest.weights().file(), model.weightBytes());
          default -> new WeightStorage.Embedded(model.weights());
        };
    return describe(model, options.name(), storage);
  }

  private static ModelDescription describe(
      CompiledModel model, String name, WeightStorage storage) {
    return new ModelDescription(
        name,
        model.target().toString(),
        cpuFeatures(model.target()),
        model.inputs(),
        model.outputs(),
        model.open().isPresent() ? 0 : model.memory().bytes(),
        storage,
        model.target() instanceof CudaTarget,
        model.calls(),
        model.open(),
        model.regions().stream()
            .map(region -> describe(region, name, new WeightStorage.None()))
            .toList());
  }

  /** What the machine needs that opens the library: any CPU does where a GPU runs the kernels. */
  private static SortedSet<String> cpuFeatures(Target target) {
    return switch (target) {
      case CpuTarget cpu -> cpu.features();
      case CudaTarget _ -> new TreeSet<>();
    };
  }

  private static int threads(Target target) {
    return switch (target) {
      case CpuTarget cpu -> cpu.cores();
      case CudaTarget _ -> 1;
    };
  }

  private static ArtifactManifest manifest(
      ModelSource source,
      IRModule imported,
      CompileOptions options,
      CompiledModel model,
      ArtifactLayout layout)
      throws IOException {
    Map<String, Long> limits = InputLimits.of(imported.main());
    boolean external = options.externalWeights() && !layout.single() && model.weightBytes() > 0;
    String storage = model.weightBytes() == 0 ? "none" : external ? "external" : "embedded";
    return new ArtifactManifest(
        ArtifactManifest.FORMAT,
        options.name(),
        CompilerVersion.current(),
        model.target().toString(),
        List.copyOf(cpuFeatures(model.target())),
        threads(model.target()),
        new ArtifactManifest.Source(
            source.reference(),
            sha256(source.file()),
            options.shapes().known(),
            options.precision(),
            options.shapes().isOpen() ? options.shapes().texts() : null,
            options.specialized().isEmpty() ? null : options.specialized(),
            source.contents(),
            options.disabledPasses()),
        model.inputs().stream().map(input -> entry(input, limits.get(input.name()))).toList(),
        model.outputs().stream().map(output -> entry(output, null)).toList(),
        new ArtifactManifest.Weights(
            storage, external ? options.name() + ".weights" : null, model.weightBytes()),
        new ArtifactManifest.MemoryEntry(model.memory().bytes(), model.memory().lowerBound()),
        Stream.concat(Stream.of(model), model.regions().stream().flatMap(CompiledModel::parts))
            .flatMap(part -> part.kernels().stream())
            .map(ArtifactCompiler::kernel)
            .toList(),
        calls(model),
        launches(model));
  }

  private static List<ArtifactManifest.LaunchEntry> launches(CompiledModel model) {
    List<ArtifactManifest.LaunchEntry> launches = new ArrayList<>();
    for (KernelBuild kernel : model.kernels()) {
      if (kernel.binary() instanceof KernelBinary.OfGpu(DeviceKernel device)) {
        device.launches().stream()
            .map(launch -> ArtifactManifest.LaunchEntry.of(kernel.name(), launch))
            .forEach(launches::add);
      }
    }
    return launches;
  }

  private static ArtifactManifest.TensorEntry entry(TensorInfo tensor, Long limit) {
    TensorType type = tensor.type();
    boolean known = type.isStatic();
    return new ArtifactManifest.TensorEntry(
        tensor.name(),
        type.dtype().toString(),
        tensor
            .decided()
            .map(sizes -> Collections.nCopies(sizes.rank(), -1L))
            .orElseGet(() -> type.shape().stream().map(dim -> dim.known().orElse(-1)).toList()),
        limit,
        known ? null : type.shape().stream().map(Dim::toString).toList(),
        known ? null : type.shape().stream().map(Dim::usual).toList());
  }

  private static ArtifactManifest.Kernel kernel(KernelBuild kernel) {
    ArrayNode steps = StepCodec.toJson(kernel.steps());
    return new ArtifactManifest.Kernel(
        kernel.name(),
        kernel.dag().canonical().atUsualSizes().workloadHash(),
        kernel.dag().canonical().flops(),
        kernel.origin().name().toLowerCase(Locale.ROOT),
        steps);
  }

  private static List<ArtifactManifest.KernelCallEntry> calls(CompiledModel model) {
    List<ArtifactManifest.KernelCallEntry> calls = new ArrayList<>();
    List<KernelCall> all = model.calls();
    for (int i = 0; i < all.size(); i++) {
      calls.add(
          new ArtifactManifest.KernelCallEntry(
              all.get(i).kernel(), model.plan().uses().get(i).label()));
    }
    return calls;
  }

  private static String sha256(Path file) throws IOException {
    try (InputStream in =
        new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(((DigestInputStream) in).getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
