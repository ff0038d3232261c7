package org.jtvmc.compiler.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jtvmc.codegen.kernel.CodeListener;
import org.jtvmc.codegen.link.Ptxas;
import org.jtvmc.compiler.artifact.ArtifactLayout;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.cli.InspectionOptions.Dump;
import org.jtvmc.compiler.pipeline.CompiledModel;
import org.jtvmc.compiler.pipeline.DeviceResources;
import org.jtvmc.compiler.pipeline.KernelBuild;
import org.jtvmc.ir.file.FileFault;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.pass.Pass;
import org.jtvmc.ir.pass.PassListener;
import org.jtvmc.ir.pass.PassTimes;
import org.jtvmc.ir.pass.PrintAfter;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.text.ModuleText;

/** Shows a compilation as it goes: graphs, times and code, as far as the user asks for them. */
final class CompilationReport implements CompileListener {

  private final Verb verb;
  private final Path folder;
  private final Set<Dump> dumps;
  private final PrintAfter<IRModule> printAfter;
  private final boolean showTimes;
  private final PassTimes<IRModule> times = new PassTimes<>();
  private final Set<Dump> dumped = ConcurrentHashMap.newKeySet();
  private IRModule last;

  /**
   * @param printAfter names of graph passes
   */
  CompilationReport(
      Verb verb,
      ArtifactLayout layout,
      Set<Dump> dumps,
      Set<String> printAfter,
      boolean showTimes) {
    this.verb = verb;
    this.folder = layout.beside(".code");
    this.dumps = dumps;
    this.printAfter =
        new PrintAfter<>(printAfter, ModuleText::print, text -> texts().println(text));
    this.showTimes = showTimes;
  }

  @Override
  public PassListener<IRModule> passes() {
    return this::ran;
  }

  private void ran(Pass<IRModule> pass, IRModule before, IRModule after, Duration time) {
    times.ran(pass, before, after, time);
    last = after;
    printAfter.ran(pass, before, after, time);
  }

  /** With {@code --json}, standard output is not for texts. */
  private PrintWriter texts() {
    return verb.json() ? verb.err() : verb.out();
  }

  @Override
  public CodeListener code() {
    return (stage, unit, text) -> {
      switch (stage) {
        case LOOP -> dump(Dump.LOOP, unit + ".loop", text);
        case LL -> dump(Dump.LL, unit + ".ll", text);
        case OPTIMIZED_LL -> dump(Dump.LL, unit + ".opt.ll", text);
        case ASM -> dump(Dump.ASM, unit + ".s", text);
        case PTX -> dump(Dump.PTX, unit + ".ptx", text);
      }
    };
  }

  @Override
  public void problem(String sentence) {
    verb.note("%s", sentence);
  }

  @Override
  public void compiled(CompiledModel model) {
    for (KernelBuild kernel : model.kernels()) {
      dump(Dump.TE, kernel.name() + ".te", () -> kernel.dag().toString());
    }
    if (dumps.contains(Dump.RESOURCES)) {
      resources(model);
    }
  }

  private void resources(CompiledModel model) {
    Optional<Ptxas> ptxas = Ptxas.find();
    if (!(model.target() instanceof CudaTarget gpu)) {
      verb.note("there is no table of resources: the target is a CPU");
    } else if (ptxas.isEmpty() || !ptxas.get().knows(gpu)) {
      verb.note("there is no table of resources: no ptxas that knows %s is here", gpu.name());
    } else {
      dump(
          Dump.RESOURCES,
          "resources.md",
          () -> DeviceResources.of(model, gpu, ptxas.get()).table());
    }
  }

  private void dump(Dump kind, String file, Supplier<String> text) {
    if (!dumps.contains(kind)) {
      return;
    }
    dumped.add(kind);
    try {
      Files.writeString(Files.createDirectories(folder).resolve(file), text.get() + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot write the dump %s: %s".formatted(file, FileFault.reason(e)), e);
    }
  }

  /** Called when the compilation is done. */
  void finish() {
    if (last != null) {
      dump(Dump.RELAY, "module.relay", () -> ModuleText.print(last));
    }
    if (showTimes) {
      texts().println(times);
    }
    if (dumps.contains(Dump.PTX) && !dumped.contains(Dump.PTX)) {
      verb.note("there is no ptx: the target is a CPU");
    }
    if (dumps.contains(Dump.ASM) && !dumped.contains(Dump.ASM)) {
      verb.note("there is no asm: the target is a GPU; ask for ptx");
    }
    if (Files.isDirectory(folder)) {
      verb.note("the code is in %s", folder);
    }
  }
}
