package org.jtvmc.codegen.library;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jtvmc.ir.type.Dim;

/** Writes an {@link OpenModel} as the data that {@code sizes.h} describes, and its entries. */
final class OpenModule {

  private OpenModule() {}

  /** The types of the data. */
  static void declare(IrText text) {
    text.append(
        """
        %symbol = type { ptr, i64, i64, i32, i32 }
        %step = type { i32, i32, i32, i32, i64 }
        %check = type { i32, i32, i32, i32, ptr }
        %block = type { i32, i32, i32, i32 }
        %fixed = type { ptr, i64, ptr }
        """);
  }

  /**
   * The name of the structure.
   *
   * @param suffix behind the names of what is written
   */
  static String write(ModelDescription model, OpenModel open, String suffix, IrText text) {
    SizeSteps steps = new SizeSteps(open.sizes());
    EntryModule entries = new EntryModule(text);
    entries.writeOpen("jtvmc_open_entry" + suffix, model.calls(), steps);
    List<String> fixed = new ArrayList<>();
    for (OpenModel.Fixed variant : open.fixed()) {
      String entry = "jtvmc_entry_" + fixed.size() + suffix;
      entries.write(entry, variant.calls());
      fixed.add(
          "%%fixed { ptr %s, i64 %d, ptr @%s }"
              .formatted(shapes(variant, text), variant.workspaceBytes(), entry));
    }
    List<String> symbols = open.sizes().stream().map(size -> symbol(size, text)).toList();
    List<String> checks = open.checks().stream().map(check -> check(check, steps, text)).toList();
    List<String> blocks = open.blocks().stream().map(block -> block(block, steps)).toList();
    List<String> dims =
        Stream.concat(model.inputs().stream(), model.outputs().stream())
            .flatMap(tensor -> tensor.type().shape().stream())
            .map(dim -> "i32 " + steps.index(dim))
            .toList();
    List<String> computed = steps.steps().stream().map(OpenModule::step).toList();
    text.append(
        """
        @jtvmc_this_open%14$s = private constant { i32, i32, i32, i32, i32, i32, i32, i32, ptr, ptr, ptr, ptr, ptr, ptr, ptr } \
        { i32 %1$d, i32 %2$d, i32 %3$d, i32 %4$d, i32 %5$d, i32 %6$d, i32 %7$d, i32 0, ptr %8$s, ptr %9$s, ptr %10$s, ptr %11$s, ptr %12$s, ptr %13$s, ptr @jtvmc_open_entry%14$s }
        """
            .formatted(
                fixed.size(),
                symbols.size(),
                computed.size(),
                checks.size(),
                blocks.size(),
                dims.size(),
                open.stages(),
                text.array("%fixed", fixed),
                text.array("%symbol", symbols),
                text.array("%step", computed),
                text.array("%check", checks),
                text.array("%block", blocks),
                text.array("i32", dims),
                suffix));
    return "@jtvmc_this_open" + suffix;
  }

  private static String shapes(OpenModel.Fixed variant, IrText text) {
    List<String> shapes = new ArrayList<>();
    for (List<Long> shape : variant.shapes()) {
      shapes.add("ptr " + text.array("i64", shape.stream().map(size -> "i64 " + size).toList()));
    }
    return text.array("ptr", shapes);
  }

  private static String symbol(OpenModel.Given size, IrText text) {
    Dim.Symbol symbol = size.symbol();
    return "%%symbol { ptr %s, i64 %d, i64 %d, i32 %d, i32 %d }"
        .formatted(
            text.string(symbol.name()), symbol.least(), symbol.most(), size.tensor(), size.axis());
  }

  private static String check(OpenModel.Check check, SizeSteps steps, IrText text) {
    return "%%check { i32 %d, i32 %d, i32 %d, i32 %d, ptr %s }"
        .formatted(
            steps.index(check.left()),
            steps.index(check.right()),
            check.isLeast() ? 1 : 0,
            Math.max(steps.stage(check.left()), steps.stage(check.right())),
            text.string(check.what()));
  }

  private static String block(OpenModel.Block block, SizeSteps steps) {
    return "%%block { i32 %d, i32 %d, i32 %d, i32 %d }"
        .formatted(
            steps.index(block.bytes()), block.first(), block.last(), steps.stage(block.bytes()));
  }

  private static String step(SizeSteps.Step step) {
    return "%%step { i32 %d, i32 %d, i32 %d, i32 %d, i64 %d }"
        .formatted(step.code(), step.left(), step.right(), step.stage(), step.value());
  }
}
