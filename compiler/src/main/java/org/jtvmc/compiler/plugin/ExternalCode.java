package org.jtvmc.compiler.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.link.LlvmTools;
import org.jtvmc.codegen.link.SharedLibraryLinker;
import org.jtvmc.codegen.llvm.LlvmContext;
import org.jtvmc.codegen.llvm.LlvmModule;
import org.jtvmc.codegen.llvm.LlvmTargetMachine;
import org.jtvmc.codegen.runtime.RuntimeResources;
import org.jtvmc.ir.file.FileFault;
import org.jtvmc.ir.file.TemporaryFolder;

/** Compiles the C function of an external operator, and the entry by which a library calls it. */
final class ExternalCode {
  private static final List<String> FLAGS =
      List.of(
          "--target=x86_64-unknown-linux-gnu",
          "-march=x86-64",
          "-std=c11",
          "-O2",
          "-fno-math-errno",
          "-fPIC",
          "-fvisibility=hidden",
          "-ffreestanding",
          "-emit-llvm",
          "-c");

  /**
   * The entry: it makes DLTensors of the data and of the numbers that the compiler has put into the
   * weights.
   */
  private static final String ENTRY =
      """
      #include "jtvmc.h"
      int32_t @FUNCTION@(const DLTensor* inputs, DLTensor* outputs, const double* attributes);
      __attribute__((visibility("default")))
      int32_t @SYMBOL@(void** buffers, jtvmc_pool* pool) {
        const int64_t* next = buffers[@TENSORS@];
        DLTensor tensors[@TENSORS@];
        (void)pool;
        for (int i = 0; i < @TENSORS@; i++) {
          tensors[i].data = buffers[i];
          tensors[i].device.device_type = kDLCPU;
          tensors[i].device.device_id = 0;
          tensors[i].ndim = (int32_t)next[0];
          tensors[i].dtype.code = (uint8_t)next[1];
          tensors[i].dtype.bits = (uint8_t)next[2];
          tensors[i].dtype.lanes = 1;
          tensors[i].shape = (int64_t*)(next + 3);
          tensors[i].strides = 0;
          tensors[i].byte_offset = 0;
          next += 3 + next[0];
        }
        return @FUNCTION@(tensors, tensors + @INPUTS@, (const double*)next);
      }
      """;

  private ExternalCode() {}

  /**
   * The object file.
   *
   * @param file of the declaration
   * @throws PluginException where the source cannot be compiled, or has no such function
   */
  static byte[] compile(Path file, ExternalDeclaration declaration) {
    Path source = declaration.source(file);
    try (TemporaryFolder folder = TemporaryFolder.create()) {
      Path work = folder.path();
      try (LlvmContext context = new LlvmContext();
          LlvmTargetMachine machine = new LlvmTargetMachine(RuntimeResources.BASELINE)) {
        Files.writeString(work.resolve("jtvmc.h"), RuntimeResources.header("jtvmc.h"));
        Path entry = Files.writeString(work.resolve("entry.c"), entry(declaration));
        LlvmModule module = context.parseBitcode("entry", clang(entry, work, "entry.bc"));
        boolean isObject = source.toString().matches(".*\\.[oa]");
        if (!isObject) {
          link(module, code(source, work), context, declaration);
        }
        Path object = Files.write(work.resolve("entry.o"), module.emitObject(machine));
        return linked(object, isObject ? List.of(source) : List.of(), work, declaration);
      }
    } catch (NoSuchFunction e) {
      throw new PluginException(
          "%s: %s has no function '%s'".formatted(file, source, declaration.function()), e);
    } catch (IOException e) {
      throw new PluginException("%s cannot be read: %s".formatted(source, FileFault.reason(e)), e);
    } catch (CodegenException e) {
      throw new PluginException(
          "%s cannot be a part of a library: %s; docs/plugins.md says what it may call and how to compile it"
              .formatted(source, firstLine(e.getMessage())),
          e);
    }
  }

  /** The code lacks the function that the declaration names. */
  private static final class NoSuchFunction extends Exception {
    private static final long serialVersionUID = 1;
  }

  private static byte[] code(Path source, Path work) throws IOException {
    return source.toString().endsWith(".bc")
        ? Files.readAllBytes(source)
        : clang(source, work, "function.bc");
  }

  private static void link(
      LlvmModule entry, byte[] code, LlvmContext context, ExternalDeclaration declaration)
      throws NoSuchFunction {
    LlvmModule module = context.parseBitcode(declaration.function(), code);
    if (!module.defines(declaration.function())) {
      throw new NoSuchFunction();
    }
    entry.link(module);
    entry.verify();
  }

  /**
   * The entry and the object files, or what is needed of archives, as one object file; linked once
   * as a library, so that what cannot become a part of one is said here.
   */
  private static byte[] linked(
      Path entry, List<Path> objects, Path work, ExternalDeclaration declaration)
      throws IOException, NoSuchFunction {
    LlvmTools tools = LlvmTools.open();
    Path whole = objects.isEmpty() ? entry : work.resolve("whole.o");
    if (!objects.isEmpty()) {
      List<String> arguments = new ArrayList<>(List.of("-r", "-m", "elf_x86_64"));
      arguments.addAll(List.of("-o", whole.toString(), entry.toString()));
      objects.forEach(object -> arguments.add(object.toString()));
      tools.lld(arguments);
    }
    try {
      new SharedLibraryLinker(tools, RuntimeResources.libc())
          .link(
              List.of(whole),
              new TreeSet<>(List.of(ExternalOperator.symbol(declaration))),
              work.resolve("trial.so"));
    } catch (CodegenException e) {
      if (e.getMessage().contains("undefined symbol: " + declaration.function() + "\n")) {
        throw new NoSuchFunction();
      }
      throw e;
    }
    return Files.readAllBytes(whole);
  }

  private static String firstLine(String message) {
    return message
        .lines()
        .filter(line -> line.contains("error: "))
        .findFirst()
        .map(line -> line.substring(line.indexOf("error: ") + "error: ".length()))
        .orElse(message);
  }

  private static byte[] clang(Path source, Path work, String result) throws IOException {
    var arguments = new ArrayList<>(FLAGS);
    arguments.add("-I" + work);
    arguments.add(source.toString());
    arguments.add("-o");
    arguments.add(work.resolve(result).toString());
    LlvmTools.open().clang(arguments);
    return Files.readAllBytes(work.resolve(result));
  }

  private static String entry(ExternalDeclaration declaration) {
    int inputs = declaration.inputs().size();
    return ENTRY
        .replace("@FUNCTION@", declaration.function())
        .replace("@SYMBOL@", ExternalOperator.symbol(declaration))
        .replace("@TENSORS@", Integer.toString(inputs + declaration.outputs().size()))
        .replace("@INPUTS@", Integer.toString(inputs));
  }
}
