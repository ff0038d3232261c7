package org.jtvmc.codegen.library;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.link.LlvmTools;
import org.jtvmc.codegen.link.SharedLibraryLinker;
import org.jtvmc.codegen.llvm.LlvmContext;
import org.jtvmc.codegen.llvm.LlvmTargetMachine;
import org.jtvmc.codegen.runtime.RuntimePart;
import org.jtvmc.codegen.runtime.RuntimeResources;

/**
 * Makes {@code lib<name>.so}: the kernels, the model's description and entry, and the native
 * runtime, whose functions it exports under the model's name.
 */
public final class ModelLibrary {

  /** The functions of {@code jtvmc.h}, without their prefix. */
  private static final List<String> INTERFACE =
      List.of("describe", "error", "open", "close", "context_create", "context_destroy", "run");

  private ModelLibrary() {}

  /**
   * @param model what the library says and does
   * @param kernels the object files that define the kernels it calls
   * @param library the file to write
   * @throws CodegenException when a kernel is missing, or needs a function that is not there
   */
  public static void write(ModelDescription model, List<byte[]> kernels, Path library) {
    try {
      var work = Files.createTempDirectory("jtvmc-library");
      try {
        var objects = new ArrayList<Path>();
        for (var kernel : kernels) {
          objects.add(Files.write(work.resolve("kernel" + objects.size() + ".o"), kernel));
        }
        objects.add(work.resolve("model.o"));
        writeModelObject(model, objects.getLast());
        objects.add(Files.write(work.resolve("runtime.o"), runtimeObject(model.name())));
        var exports = new TreeSet<String>();
        INTERFACE.forEach(function -> exports.add(model.name() + "_" + function));
        new SharedLibraryLinker(LlvmTools.open(), RuntimeResources.libc())
            .link(objects, exports, library);
      } finally {
        try (var files = Files.walk(work)) {
          for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(file);
          }
        }
      }
    } catch (IOException e) {
      throw new CodegenException("cannot write " + library + ": " + e, e);
    }
  }

  private static void writeModelObject(ModelDescription model, Path file) {
    try (var context = new LlvmContext();
        var machine = new LlvmTargetMachine(RuntimeResources.BASELINE)) {
      var module = ModelModule.write(model, context);
      module.setTarget(machine);
      module.verify();
      module.emitObject(machine, file);
    }
  }

  private static byte[] runtimeObject(String name) {
    try (var context = new LlvmContext();
        var machine = new LlvmTargetMachine(RuntimeResources.BASELINE)) {
      var module = RuntimeResources.module(RuntimePart.LIBRARY, context);
      for (var function : INTERFACE) {
        module.exportAs("jtvmc_" + function, name + "_" + function);
      }
      return module.emitObject(machine);
    }
  }
}
