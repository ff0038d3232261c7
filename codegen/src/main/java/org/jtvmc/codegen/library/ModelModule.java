package org.jtvmc.codegen.library;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jtvmc.codegen.llvm.LlvmContext;
import org.jtvmc.codegen.llvm.LlvmModule;
import org.jtvmc.ir.type.DType;

/**
 * Writes the part of a library that is about one model, as LLVM IR: the description that {@code
 * jtvmc.h} calls jtvmc_model_info, the entry function that calls the kernels one after the other,
 * and the embedded weights.
 */
final class ModelModule {

  /** JTVMC_ABI_VERSION. */
  private static final int ABI_VERSION = 1;

  private static final int PAGE = 4096;

  private final ModelDescription model;
  private final StringBuilder text = new StringBuilder();
  private int strings;

  private ModelModule(ModelDescription model) {
    this.model = model;
  }

  static LlvmModule write(ModelDescription model, LlvmContext context) {
    return context.parseIr(model.name(), new ModelModule(model).write());
  }

  private String write() {
    text.append("source_filename = ").append(quoted(model.name())).append('\n');
    var weights = writeWeights();
    var tensors = writeTensors();
    writeInfo(tensors, weights);
    writeEntry();
    return text.toString();
  }

  private String writeWeights() {
    return switch (model.weights()) {
      case WeightStorage.None() -> "i64 0, ptr null, ptr null";
      case WeightStorage.External(var file, var bytes) ->
          "i64 " + bytes + ", ptr null, ptr " + string(file);
      case WeightStorage.Embedded(var file) -> {
        for (var line :
            List.of(
                ".section .rodata.jtvmc_weights,\"a\",@progbits",
                ".balign " + PAGE,
                ".globl jtvmc_weights",
                ".hidden jtvmc_weights",
                "jtvmc_weights:",
                ".incbin " + assemblerString(file.toAbsolutePath().toString()))) {
          text.append("module asm ").append(quoted(line)).append('\n');
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

  /** The array of the tensors, each {name, shape, ndim, {code, bits, lanes}, alignment}. */
  private String writeTensors() {
    var tensors = Stream.concat(model.inputs().stream(), model.outputs().stream()).toList();
    text.append("%tensor = type { ptr, ptr, i32, i8, i8, i16, i64 }\n");
    var elements =
        tensors.stream()
            .map(tensor -> "%tensor " + writeTensor(tensor))
            .collect(Collectors.joining(", "));
    text.append(
        "@tensors = private unnamed_addr constant [%d x %%tensor] [%s]\n"
            .formatted(tensors.size(), elements));
    return "@tensors";
  }

  private String writeTensor(TensorInfo tensor) {
    var sizes = tensor.type().sizes();
    var shape = "@shape." + strings++;
    text.append(
        "%s = private unnamed_addr constant [%d x i64] [%s]\n"
            .formatted(
                shape,
                sizes.size(),
                sizes.stream().map(size -> "i64 " + size).collect(Collectors.joining(", "))));
    var dtype = tensor.type().dtype();
    return "{ ptr %s, ptr %s, i32 %d, i8 %d, i8 %d, i16 1, i64 %d }"
        .formatted(
            string(tensor.name()),
            shape,
            sizes.size(),
            code(dtype),
            dtype.isBool() ? 8 : dtype.bits(),
            tensor.alignment());
  }

  /** DLPack's DLDataTypeCode. */
  private static int code(DType dtype) {
    return switch (dtype.kind()) {
      case INT -> 0;
      case UINT -> 1;
      case FLOAT -> 2;
      case BFLOAT -> 4;
      case BOOL -> 6;
    };
  }

  private void writeInfo(String tensors, String weights) {
    var name = string(model.name());
    var target = string(model.target());
    var features = string(String.join(",", InstructionSets.usedByKernels(model.cpuFeatures())));
    text.append(
        """
        @jtvmc_this_model = hidden constant { i32, i32, i32, i32, ptr, ptr, ptr, ptr, i64, i64, ptr, ptr, ptr } \
        { i32 %d, i32 %d, i32 %d, i32 0, ptr %s, ptr %s, ptr %s, ptr %s, i64 %d, %s, ptr @jtvmc_entry }
        """
            .formatted(
                ABI_VERSION,
                model.inputs().size(),
                model.outputs().size(),
                name,
                target,
                features,
                tensors,
                model.workspaceBytes(),
                weights));
  }

  private void writeEntry() {
    model.calls().stream()
        .map(KernelCall::kernel)
        .distinct()
        .forEach(kernel -> text.append("declare hidden i32 @\"" + kernel + "\"(ptr, ptr)\n"));
    var width = model.calls().stream().mapToInt(call -> call.buffers().size()).max().orElse(0);
    text.append(
        """
        define hidden i32 @jtvmc_entry(ptr %%io, ptr %%workspace, ptr %%weights, ptr %%pool) nounwind {
          %%buffers = alloca [%d x ptr]
          br label %%call0
        """
            .formatted(width));
    var calls = model.calls();
    for (int i = 0; i < calls.size(); i++) {
      writeCall(i, calls.get(i));
    }
    text.append("call%d:\n  ret i32 0\n".formatted(calls.size()));
    if (!calls.isEmpty()) {
      text.append("failed:\n  %code = phi i32 ");
      for (int i = 0; i < calls.size(); i++) {
        text.append(i == 0 ? "" : ", ").append("[%%status%d, %%call%d]".formatted(i, i));
      }
      text.append("\n  ret i32 %code\n");
    }
    text.append("}\n");
  }

  private void writeCall(int index, KernelCall call) {
    text.append("call%d:\n".formatted(index));
    for (int i = 0; i < call.buffers().size(); i++) {
      var data = "%%data%d.%d".formatted(index, i);
      switch (call.buffers().get(i)) {
        case Place.Io(var tensor) ->
            text.append(
                "  %s.at = getelementptr ptr, ptr %%io, i64 %d\n  %s = load ptr, ptr %s.at\n"
                    .formatted(data, tensor, data, data));
        case Place.Workspace(var offset) ->
            text.append(
                "  %s = getelementptr i8, ptr %%workspace, i64 %d\n".formatted(data, offset));
        case Place.Weights(var offset) ->
            text.append("  %s = getelementptr i8, ptr %%weights, i64 %d\n".formatted(data, offset));
      }
      text.append(
          "  %s.to = getelementptr ptr, ptr %%buffers, i64 %d\n  store ptr %s, ptr %s.to\n"
              .formatted(data, i, data, data));
    }
    text.append(
        """
          %%status%1$d = call i32 @"%2$s"(ptr %%buffers, ptr %%pool)
          %%ok%1$d = icmp eq i32 %%status%1$d, 0
          br i1 %%ok%1$d, label %%call%3$d, label %%failed
        """
            .formatted(index, call.kernel(), index + 1));
  }

  /** A constant C string; its name. */
  private String string(String value) {
    var name = "@text." + strings++;
    text.append(
        "%s = private unnamed_addr constant [%d x i8] c%s\n"
            .formatted(name, value.getBytes(UTF_8).length + 1, quoted(value + "\0")));
    return name;
  }

  /** LLVM's quoting: what is no plain character is a backslash and two hexadecimal digits. */
  private static String quoted(String value) {
    var quoted = new StringBuilder("\"");
    for (byte b : value.getBytes(UTF_8)) {
      if (b >= ' ' && b < 127 && b != '"' && b != '\\') {
        quoted.append((char) b);
      } else {
        quoted.append("\\%02X".formatted(Byte.toUnsignedInt(b)));
      }
    }
    return quoted.append('"').toString();
  }

  private static String assemblerString(String value) {
    return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
