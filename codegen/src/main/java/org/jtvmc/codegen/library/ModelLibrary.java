package org.jtvmc.codegen.library;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.link.LlvmTools;
import org.jtvmc.codegen.link.SharedLibraryLinker;
import org.jtvmc.codegen.llvm.LlvmContext;
import org.jtvmc.codegen.llvm.LlvmModule;
import org.jtvmc.codegen.llvm.LlvmTargetMachine;
import org.jtvmc.codegen.llvm.MachineCode;
import org.jtvmc.codegen.runtime.RuntimePart;
import org.jtvmc.codegen.runtime.RuntimeResources;
import org.jtvmc.ir.file.FileFault;
import org.jtvmc.ir.file.TemporaryFolder;

/**
 * Makes {@code lib<name>.so}: the kernels, the model's description and entry, and the native
 * runtime, whose functions it exports under the model's name.
 */
public final class ModelLibrary {

  /** The functions of {@code jtvmc.h}, without their prefix. */
  private static final List<String> INTERFACE =
      List.of("describe", "error", "open", "close", "context_create", "context_destroy", "run");

  /** More of them, in a library for the CPU. */
  private static final List<String> SHAPES =
      List.of("infer_shapes", "workspace_size", "context_use_workspace");

  private static final String ON_STREAM = "run_on_stream";

  /** What the model's object file takes at the most beside weights. */
  private static final long DESCRIPTION_BYTES = 1 << 20;

  private ModelLibrary() {}

  /**
   * A library for the CPU.
   *
   * @param model what the library says and does
   * @param kernels the object files that define the kernels it calls
   * @param library the file to write
   * @throws CodegenException when a kernel is missing, or needs a function that is not there
   */
  public static void write(ModelDescription model, List<byte[]> kernels, Path library) {
    var features = InstructionSets.needed(model.cpuFeatures(), MachineCode.mnemonics(kernels));
    Function<LlvmContext, LlvmModule> module =
        context -> ModelModule.write(model, features, context);
    var objects = new ArrayList<>(kernels);
    if (model.allCalls().anyMatch(KernelCall::ofRuntime)) {
      objects.add(object(RuntimePart.HOST));
    }
    if (model.allCalls().anyMatch(KernelCall::ofControl)) {
      objects.add(object(RuntimePart.CONTROL));
    }
    var functions = new ArrayList<>(INTERFACE);
    functions.addAll(SHAPES);
    write(model, module, objects, library, RuntimePart.LIBRARY, functions);
  }

  /**
   * A library for GPUs, whose calls are those of the program.
   *
   * @param model without calls and features of a CPU
   * @param library the file to write
   */
  public static void write(ModelDescription model, DeviceProgram program, Path library) {
    var functions = new ArrayList<>(INTERFACE);
    functions.add(ON_STREAM);
    Function<LlvmContext, LlvmModule> module =
        context -> ModelModule.write(model, program, context);
    write(model, module, List.of(), library, RuntimePart.CUDA_LIBRARY, functions);
  }

  private static void write(
      ModelDescription model,
      Function<LlvmContext, LlvmModule> module,
      List<byte[]> kernels,
      Path library,
      RuntimePart runtime,
      List<String> functions) {
    try (var work = TemporaryFolder.create()) {
      var objects = new ArrayList<Path>();
      for (var kernel : kernels) {
        objects.add(Files.write(work.resolve("kernel" + objects.size() + ".o"), kernel));
      }
      objects.add(work.resolve("model.o"));
      requireRoom(work.path(), model.weights());
      writeModelObject(module, objects.getLast());
      var runtimeObject = runtimeObject(model.name(), runtime, functions);
      objects.add(Files.write(work.resolve("runtime.o"), runtimeObject));
      var exports = new TreeSet<String>();
      functions.forEach(function -> exports.add(model.name() + "_" + function));
      new SharedLibraryLinker(LlvmTools.open(), RuntimeResources.libc())
          .link(objects, exports, library);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot write %s: %s".formatted(library, FileFault.reason(e)), e);
    }
  }

  /** LLVM, which writes the object file with the weights, would end the process on a full disk. */
  private static void requireRoom(Path folder, WeightStorage weights) throws IOException {
    long needed = DESCRIPTION_BYTES;
    if (weights instanceof WeightStorage.Embedded(Path file)) {
      needed += Files.size(file);
    }
    long left = Files.getFileStore(folder).getUsableSpace();
    if (left < needed) {
      throw new FileSystemException(
          folder.toString(),
          null,
          "the temporary folder %s has %d bytes left, and up to %d are needed: name another place with TMPDIR"
              .formatted(folder.getParent(), left, needed));
    }
  }

  private static void writeModelObject(Function<LlvmContext, LlvmModule> model, Path file) {
    try (var context = new LlvmContext();
        var machine = new LlvmTargetMachine(RuntimeResources.BASELINE)) {
      var module = model.apply(context);
      module.setTarget(machine);
      module.verify();
      module.emitObject(machine, file);
    }
  }

  private static byte[] object(RuntimePart part) {
    try (var context = new LlvmContext();
        var machine = new LlvmTargetMachine(RuntimeResources.BASELINE)) {
      return RuntimeResources.module(part, context).emitObject(machine);
    }
  }

  private static byte[] runtimeObject(String name, RuntimePart part, List<String> functions) {
    try (var context = new LlvmContext();
        var machine = new LlvmTargetMachine(RuntimeResources.BASELINE)) {
      var module = RuntimeResources.module(part, context);
      for (var function : functions) {
        module.exportAs("jtvmc_" + function, name + "_" + function);
      }
      return module.emitObject(machine);
    }
  }
}
