package org.jtvmc.codegen.library;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.jtvmc.codegen.llvm.LlvmContext;
import org.jtvmc.codegen.llvm.LlvmModule;

/**
 * Writes the part of a library that is about one model, as LLVM IR: the description that {@code
 * jtvmc.h} calls jtvmc_model_info, the entry function that calls the kernels one after the other,
 * and the embedded weights.
 */
final class ModelModule {

  /** JTVMC_ABI_VERSION. */
  private static final int ABI_VERSION = 2;

  /** kDLCPU and kDLCUDA. */
  private static final int CPU = 1;

  private static final int CUDA = 2;

  private static final int PAGE = 4096;

  private final ModelDescription model;
  private final IrText text = new IrText();

  private ModelModule(ModelDescription model) {
    this.model = model;
  }

  /** The description of a model for the CPU, and the entry that calls its kernels. */
  static LlvmModule write(ModelDescription model, LlvmContext context) {
    var module = new ModelModule(model);
    module.text.append("source_filename = " + IrText.quoted(model.name()) + "\n");
    String open = "null";
    String entry = "@jtvmc_entry";
    new EntryModule(module.text).declare(module.allCalls());
    if (model.open().isPresent()) {
      open = OpenModule.write(model, model.open().get(), module.text);
      entry = "null";
    } else {
      new EntryModule(module.text).write("jtvmc_entry", model.calls());
    }
    module.writeDescription(CPU, entry, open);
    return context.parseIr(model.name(), module.text.toString());
  }

  /** The description of a model for GPUs, and its program. */
  static LlvmModule write(ModelDescription model, DeviceProgram program, LlvmContext context) {
    var module = new ModelModule(model);
    module.text.append("source_filename = " + IrText.quoted(model.name()) + "\n");
    module.writeDescription(CUDA, "null", "null");
    ProgramModule.write(program, module.text);
    return context.parseIr(model.name(), module.text.toString());
  }

  private List<KernelCall> allCalls() {
    var fixed = model.open().stream().flatMap(open -> open.fixed().stream());
    return Stream.concat(model.calls().stream(), fixed.flatMap(one -> one.calls().stream()))
        .toList();
  }

  private void writeDescription(int deviceType, String entry, String open) {
    var weights = writeWeights();
    var tensors = writeTensors();
    writeInfo(deviceType, tensors, weights, entry, open);
  }

  private String writeWeights() {
    return switch (model.weights()) {
      case WeightStorage.None() -> "i64 0, ptr null, ptr null";
      case WeightStorage.External(var file, var bytes) ->
          "i64 " + bytes + ", ptr null, ptr " + text.string(file);
      case WeightStorage.Embedded(var file) -> {
        for (var line :
            List.of(
                ".section .rodata.jtvmc_weights,\"a\",@progbits",
                ".balign " + PAGE,
                ".globl jtvmc_weights",
                ".hidden jtvmc_weights",
                "jtvmc_weights:",
                ".incbin " + assemblerString(file.toAbsolutePath().toString()))) {
          text.append("module asm " + IrText.quoted(line) + "\n");
        }
        text.append("@jtvmc_weights = external hidden constant i8\n");
        yield "i64 " + size(file) + ", ptr @jtvmc_weights, ptr null";
      }
    };
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The array of the tensors, each {name, shape, ndim, {code, bits, lanes}, alignment, capacity,
   * sizes_at}.
   */
  private String writeTensors() {
    var tensors = Stream.concat(model.inputs().stream(), model.outputs().stream()).toList();
    text.append("%tensor = type { ptr, ptr, i32, i8, i8, i16, i64, i64, i64 }\n");
    return text.array(
        "%tensor", tensors.stream().map(tensor -> "%tensor " + writeTensor(tensor)).toList());
  }

  private String writeTensor(TensorInfo tensor) {
    var sizes =
        tensor
            .decided()
            .map(decided -> Collections.nCopies(decided.rank(), -1L))
            .orElseGet(
                () -> tensor.type().shape().stream().map(dim -> dim.known().orElse(-1)).toList());
    var shape = text.array("i64", sizes.stream().map(size -> "i64 " + size).toList());
    var dtype = tensor.type().dtype();
    return "{ ptr %s, ptr %s, i32 %d, i8 %d, i8 %d, i16 1, i64 %d, i64 %d, i64 %d }"
        .formatted(
            text.string(tensor.name()),
            shape,
            sizes.size(),
            DlpackTypes.code(dtype),
            dtype.isBool() ? 8 : dtype.bits(),
            tensor.alignment(),
            tensor.type().isStatic() ? tensor.type().bytes() : 0,
            tensor.decided().map(TensorInfo.DecidedSizes::offset).orElse(-1L));
  }

  private void writeInfo(
      int deviceType, String tensors, String weights, String entry, String open) {
    var name = text.string(model.name());
    var target = text.string(model.target());
    var features =
        text.string(String.join(",", InstructionSets.usedByKernels(model.cpuFeatures())));
    text.append(
        """
        @jtvmc_this_model = hidden constant { i32, i32, i32, i32, ptr, ptr, ptr, ptr, i64, i64, ptr, ptr, ptr, ptr } \
        { i32 %d, i32 %d, i32 %d, i32 %d, ptr %s, ptr %s, ptr %s, ptr %s, i64 %d, %s, ptr %s, ptr %s }
        """
            .formatted(
                ABI_VERSION,
                model.inputs().size(),
                model.outputs().size(),
                deviceType,
                name,
                target,
                features,
                tensors,
                model.workspaceBytes(),
                weights,
                entry,
                open));
  }

  private static String assemblerString(String value) {
    return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
