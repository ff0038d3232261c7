package org.jtvmc.compiler.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.link.LlvmTools;
import org.jtvmc.codegen.llvm.LlvmContext;
import org.jtvmc.codegen.llvm.LlvmModule;
import org.jtvmc.codegen.llvm.LlvmTargetMachine;
import org.jtvmc.codegen.runtime.RuntimeResources;

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
    try {
      Path work = Files.createTempDirectory("jtvmc-external");
      try (LlvmContext context = new LlvmContext();
          LlvmTargetMachine machine = new LlvmTargetMachine(RuntimeResources.BASELINE)) {
        Files.writeString(work.resolve("jtvmc.h"), RuntimeResources.header("jtvmc.h"));
        Path entry = Files.writeString(work.resolve("entry.c"), entry(declaration));
        byte[] code =
            source.toString().endsWith(".bc")
                ? Files.readAllBytes(source)
                : clang(source, work, "function.bc");
        LlvmModule module = context.parseBitcode(declaration.function(), code);
        if (!module.defines(declaration.function())) {
          throw new PluginException(
              "%s: %s has no function '%s'".formatted(file, source, declaration.function()));
        }
        module.link(context.parseBitcode("entry", clang(entry, work, "entry.bc")));
        module.verify();
        return module.emitObject(machine);
      } finally {
        for (String made : List.of("jtvmc.h", "entry.c", "entry.bc", "function.bc")) {
          Files.deleteIfExists(work.resolve(made));
        }
        Files.delete(work);
      }
    } catch (IOException e) {
      throw new PluginException("%s cannot be read: %s".formatted(source, e.getMessage()), e);
    } catch (CodegenException e) {
      throw new PluginException(
          "%s cannot be compiled: %s".formatted(source, firstLine(e.getMessage())), e);
    }
  }

  private static String firstLine(String message) {
    return message.lines().filter(line -> line.contains("error")).findFirst().orElse(message);
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
