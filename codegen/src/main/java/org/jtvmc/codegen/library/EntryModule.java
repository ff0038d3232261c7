package org.jtvmc.codegen.library;

import java.util.List;
import org.jtvmc.ir.type.Dim;

/** Writes functions that call the kernels one after the other. */
final class EntryModule {

  private final IrText text;

  EntryModule(IrText text) {
    this.text = text;
  }

  /** Declares the kernels that are called. */
  void declare(List<KernelCall> calls) {
    calls.stream()
        .map(KernelCall::kernel)
        .distinct()
        .forEach(kernel -> text.append("declare hidden i32 @\"" + kernel + "\"(ptr, ptr)\n"));
  }

  /** A function for known sizes: a {@code jtvmc_entry}. */
  void write(String name, List<KernelCall> calls) {
    define(name, "ptr %io, ptr %workspace, ptr %weights, ptr %pool", calls, new SizeSteps());
  }

  /**
   * A function for open sizes: a {@code jtvmc_open_entry}.
   *
   * @param steps with the sizes that kernels are told
   */
  void writeOpen(String name, List<KernelCall> calls, SizeSteps steps) {
    define(
        name,
        "ptr %io, ptr %workspace, ptr %weights, ptr %pool, ptr %values, ptr %offsets",
        calls,
        steps);
  }

  private void define(String name, String parameters, List<KernelCall> calls, SizeSteps steps) {
    int width = calls.stream().mapToInt(call -> call.buffers().size()).max().orElse(0);
    int sizes =
        calls.stream()
            .flatMap(call -> call.buffers().stream())
            .mapToInt(place -> place instanceof Place.Sizes(var values) ? values.size() : 0)
            .max()
            .orElse(0);
    text.append(
        """
        define hidden i32 @%s(%s) nounwind {
          %%buffers = alloca [%d x ptr]
          %%sizes = alloca [%d x i64]
          br label %%call0
        """
            .formatted(name, parameters, width, sizes));
    for (int i = 0; i < calls.size(); i++) {
      writeCall(i, calls.get(i), steps);
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

  private void writeCall(int index, KernelCall call, SizeSteps steps) {
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
        case Place.Counters _ -> throw new IllegalStateException("a CPU counts no blocks");
        case Place.Block(var block) -> {
          loadWord(data + ".offset", "%offsets", block);
          text.append(
              "  %s = getelementptr i8, ptr %%workspace, i64 %s.offset\n".formatted(data, data));
        }
        case Place.Sizes(var values) -> {
          for (int k = 0; k < values.size(); k++) {
            writeSize("%s.%d".formatted(data, k), values.get(k), k, steps);
          }
          text.append("  %s = getelementptr i8, ptr %%sizes, i64 0\n".formatted(data));
        }
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

  private void loadWord(String value, String array, int index) {
    text.append(
        "  %s.at = getelementptr i64, ptr %s, i64 %d\n  %s = load i64, ptr %s.at\n"
            .formatted(value, array, index, value, value));
  }

  private void writeSize(String value, Dim size, int position, SizeSteps steps) {
    loadWord(value, "%values", steps.index(size));
    text.append(
        "  %s.to = getelementptr i64, ptr %%sizes, i64 %d\n  store i64 %s, ptr %s.to\n"
            .formatted(value, position, value, value));
  }
}
