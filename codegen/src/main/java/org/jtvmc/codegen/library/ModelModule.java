package org.jtvmc.codegen.library;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
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
  private static final int ABI_VERSION = 3;

  /** kDLCPU and kDLCUDA. */
  private static final int CPU = 1;

  private static final int CUDA = 2;

  private static final int PAGE = 4096;

  private static final String NO_WEIGHTS = "i64 0, ptr null, ptr null";

  private final ModelDescription model;
  private final String cpuFeatures;
  private final IrText text = new IrText();

  private ModelModule(ModelDescription model, SortedSet<String> cpuFeatures) {
    this.model = model;
    this.cpuFeatures = String.join(",", cpuFeatures);
  }

  /**
   * The description of a model for the CPU, and the entry that calls its kernels.
   *
   * @param cpuFeatures what the kernels need, by LLVM's names
   */
  static LlvmModule write(
      ModelDescription model, SortedSet<String> cpuFeatures, LlvmContext context) {
    var module = new ModelModule(model, cpuFeatures);
    module.text.append("source_filename = " + IrText.quoted(model.name()) + "\n");
    new EntryModule(module.text).declare(model.allCalls().toList());
    OpenModule.declare(module.text);
    module.declareTensors();
    module.writeDescription(model, CPU, "", module.writeWeights());
    return context.parseIr(model.name(), module.text.toString());
  }

  /** The description of a model for GPUs, and its program. */
  static LlvmModule write(ModelDescription model, DeviceProgram program, LlvmContext context) {
    var module = new ModelModule(model, Collections.emptySortedSet());
    module.text.append("source_filename = " + IrText.quoted(model.name()) + "\n");
    module.declareTensors();
    module.writeDescription(model, CUDA, "", module.writeWeights());
    ProgramModule.write(program, module.text);
    return context.parseIr(model.name(), module.text.toString());
  }

  /**
   * Writes what a model, or a region of it, is and does.
   *
   * @param suffix behind the names of what is written
   * @param weights the part of the description about them
   * @return the name of the description
   */
  private String writeDescription(
      ModelDescription part, int deviceType, String suffix, String weights) {
    String open = "null";
    String entry = "null";
    if (deviceType == CPU && part.open().isPresent()) {
      open = OpenModule.write(part, part.open().get(), suffix, text);
    } else if (deviceType == CPU) {
      entry = "@jtvmc_entry" + suffix;
      new EntryModule(text).write("jtvmc_entry" + suffix, part.calls());
    }
    List<String> regions = new ArrayList<>();
    for (ModelDescription region : part.regions()) {
      String inner = "%s_r%d".formatted(suffix, regions.size());
      regions.add("ptr " + writeDescription(region, deviceType, inner, NO_WEIGHTS));
    }
    String name = suffix.isEmpty() ? "@jtvmc_this_model" : "@jtvmc_region" + suffix;
    writeInfo(name, part, deviceType, writeTensors(part), weights, entry, open, regions);
    return name;
  }

  private String writeWeights() {
    return switch (model.weights()) {
      case WeightStorage.None() -> NO_WEIGHTS;
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

  private void declareTensors() {
    text.append("%tensor = type { ptr, ptr, i32, i8, i8, i16, i64, i64, i64 }\n");
  }

  /**
   * The array of the tensors, each {name, shape, ndim, {code, bits, lanes}, alignment, capacity,
   * sizes_at}.
   */
  private String writeTensors(ModelDescription part) {
    var tensors = Stream.concat(part.inputs().stream(), part.outputs().stream()).toList();
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
            tensor.decided().map(TensorInfo.DecidedSizes::at).orElse(-1L));
  }

  private void writeInfo(
      String symbol,
      ModelDescription part,
      int deviceType,
      String tensors,
      String weights,
      String entry,
      String open,
      List<String> regions) {
    var name = text.string(part.name());
    var target = text.string(part.target());
    var features = text.string(cpuFeatures);
    text.append(
        """
        %s = hidden constant { i32, i32, i32, i32, ptr, ptr, ptr, ptr, i64, i64, ptr, ptr, ptr, ptr, ptr, i32 } \
        { i32 %d, i32 %d, i32 %d, i32 %d, ptr %s, ptr %s, ptr %s, ptr %s, i64 %d, %s, ptr %s, ptr %s, ptr %s, i32 %d }
        """
            .formatted(
                symbol,
                ABI_VERSION,
                part.inputs().size(),
                part.outputs().size(),
                deviceType,
                name,
                target,
                features,
                tensors,
                part.workspaceBytes(),
                weights,
                entry,
                open,
                regions.isEmpty() ? "null" : text.array("ptr", regions),
                regions.size()));
  }

  private static String assemblerString(String value) {
    return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
