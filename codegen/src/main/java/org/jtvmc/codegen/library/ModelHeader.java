package org.jtvmc.codegen.library;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Writes {@code <name>.h}: the library's functions under the model's name, in plain C. */
public final class ModelHeader {

  private ModelHeader() {}

  public static String text(ModelDescription model) {
    var used = new HashSet<String>();
    return TEMPLATE
        .replace("@NAME@", model.name())
        .replace("@GUARD@", model.name().toUpperCase(Locale.ROOT))
        .replace("@TARGET@", model.target().replace("*/", "* /"))
        .replace(
            "@ON_STREAM@", (model.onDevice() ? ON_STREAM : SHAPES).replace("@NAME@", model.name()))
        .replace("@SIZES@", sizes(model))
        .replace("@INPUTS@", fields(model.inputs(), used))
        .replace("@OUTPUTS@", fields(model.outputs(), used));
  }

  private static String fields(List<TensorInfo> tensors, Set<String> used) {
    return tensors.stream()
        .map(
            tensor ->
                "  DLTensor %s; /* %s */\n"
                    .formatted(
                        identifier(tensor.name(), used), tensor.description().replace("*/", "* /")))
        .collect(Collectors.joining());
  }

  /** A C identifier that reads like the name and is not yet used. */
  private static String identifier(String name, Set<String> used) {
    var plain = name.replaceAll("[^A-Za-z0-9_]", "_");
    if (plain.isEmpty() || Character.isDigit(plain.charAt(0)) || KEYWORDS.contains(plain)) {
      plain = "t_" + plain;
    }
    var unique = plain;
    for (int i = 2; !used.add(unique); i++) {
      unique = plain + "_" + i;
    }
    return unique;
  }

  /** The reserved words of C and C++ that are likely as names of tensors, and all others. */
  private static final Set<String> KEYWORDS =
      Set.of(
          ("alignas alignof and asm auto bool break case catch char class const const_cast"
               + " constexpr continue decltype default delete do double else enum explicit export"
               + " extern false float for friend goto if inline int long mutable namespace new"
               + " noexcept not nullptr operator or private protected public register restrict"
               + " return short signed sizeof static static_assert struct switch template this"
               + " thread_local throw true try typedef typeid typename typeof union unsigned using"
               + " virtual void volatile while xor")
              .split(" "));

  private static final String ON_STREAM =
      """
      int32_t @NAME@_run_on_stream(jtvmc_context* context, const @NAME@_tensors* tensors, void* stream);
      """;

  private static final String SHAPES =
      """
      int32_t @NAME@_infer_shapes(jtvmc_model* model, @NAME@_tensors* tensors);
      int32_t @NAME@_workspace_size(jtvmc_model* model, const @NAME@_tensors* tensors, uint64_t* size);
      int32_t @NAME@_context_use_workspace(jtvmc_context* context, void* memory, uint64_t size);
      """;

  private static String sizes(ModelDescription model) {
    if (model.open().isEmpty()) {
      return "";
    }
    var text = new StringBuilder("/*\n * Open sizes:\n");
    var given = model.open().get().sizes().stream().filter(size -> size.stage() == 0).toList();
    if (given.isEmpty()) {
      return "";
    }
    for (var size : given) {
      text.append(
          " *   %s, %d to %d: axis %d of \"%s\"\n"
              .formatted(
                  size.symbol(),
                  size.symbol().least(),
                  size.symbol().most(),
                  size.axis(),
                  model.inputs().get(size.tensor()).name().replace("*/", "* /")));
    }
    for (var fixed : model.open().get().fixed()) {
      text.append(" * Code of its own: ").append(fixed.shapes().subList(0, model.inputs().size()));
      text.append('\n');
    }
    return text.append(" */\n").toString();
  }

  private static final String TEMPLATE =
      """
      /* Model "@NAME@", compiled for "@TARGET@". See jtvmc.h for what the functions do. */
      #ifndef JTVMC_MODEL_@GUARD@_H
      #define JTVMC_MODEL_@GUARD@_H

      #include "jtvmc.h"

      #ifdef __cplusplus
      extern "C" {
      #endif

      @SIZES@/* The tensors of one run, in the order of @NAME@_describe()->tensors. */
      typedef struct @NAME@_tensors {
        /* inputs */
      @INPUTS@  /* outputs */
      @OUTPUTS@} @NAME@_tensors;

      const jtvmc_model_info* @NAME@_describe(void);
      const char* @NAME@_error(void);
      int32_t @NAME@_open(const jtvmc_options* options, jtvmc_model** model);
      void @NAME@_close(jtvmc_model* model);
      int32_t @NAME@_context_create(jtvmc_model* model, jtvmc_context** context);
      void @NAME@_context_destroy(jtvmc_context* context);
      int32_t @NAME@_run(jtvmc_context* context, @NAME@_tensors* tensors);
      @ON_STREAM@
      #ifdef __cplusplus
      }
      #endif

      #endif /* JTVMC_MODEL_@GUARD@_H */
      """;
}
