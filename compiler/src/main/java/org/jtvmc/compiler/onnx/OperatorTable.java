package org.jtvmc.compiler.onnx;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jtvmc.compiler.onnx.convert.Conversion;
import org.jtvmc.compiler.onnx.convert.Conversions;

/** The page {@code docs/operators.md}: which ONNX operators are understood. */
public final class OperatorTable {

  private static final String INTRODUCTION =
      """
      # Operators

      The ONNX operators that the compiler understands, made by `./jtvmc operators > docs/operators.md`; a test fails where the page is stale.

      - **since**: the versions of the operator set with which its conversion changes; each holds until the next.
      - **types** of the elements: *floats* are float16, bfloat16, float32 and float64; *integers* signed and unsigned ones of 8 to 64 bits;
        *numbers* both; *any* these, bool, and what is only stored and converted (the four float8 types, float8e8m0, float4e2m1, integers of
        4 and 2 bits; in memory each takes a byte); *text* UTF-8. An operator takes them wherever ONNX allows it to. Sums of 16-bit floats
        are kept in float32. Complex numbers are not supported.
      - **Shapes** are fixed when the model is compiled, with these exceptions. What NonZero, Unique, Compress and NonMaxSuppression find, and
        what Reshape, Squeeze, Unsqueeze, Slice, Split, TopK and reductions give whose shape, axes or bounds are values, has sizes that a run
        decides, up to a bound: the library says how much there can be and, after a run, how much there is (`jtvmc.h`, `sizes_at`). Such
        values can be cast, transposed, gathered with, asked for their shape, and combined elementwise with numbers and values of the same
        sizes. What other shapes depend on (the sizes of a Resize, the number of a Range's elements) has to follow from constants and input
        shapes.
      - **Sequences and optional values** are taken apart when the model is compiled: the elements of an input or output `x` are the tensors
        `x.0`, `x.1` and so on.
      - Functions that a model brings with it are expanded.

      """;

  private OperatorTable() {}

  /** The page. */
  public static String markdown(Conversions conversions) {
    Map<String, List<Conversion>> domains = new LinkedHashMap<>();
    for (Conversion conversion : conversions.all()) {
      domains.computeIfAbsent(conversion.domain(), _ -> new ArrayList<>()).add(conversion);
    }
    return INTRODUCTION
        + domains.entrySet().stream()
            .map(entry -> table(entry.getKey(), entry.getValue()))
            .collect(Collectors.joining("\n"));
  }

  private static String table(String domain, List<Conversion> conversions) {
    Map<String, List<Conversion>> operators = new LinkedHashMap<>();
    for (Conversion conversion : conversions) {
      operators.computeIfAbsent(conversion.operator(), _ -> new ArrayList<>()).add(conversion);
    }
    StringBuilder text = new StringBuilder();
    text.append(
        "## %s (%d)\n\n".formatted(domain.isEmpty() ? "ai.onnx" : domain, operators.size()));
    text.append("| operator | since | types | limits |\n| --- | --- | --- | --- |\n");
    operators.forEach(
        (operator, versions) ->
            text.append(
                "| %s | %s | %s | %s |\n"
                    .formatted(
                        operator,
                        versions.stream()
                            .map(version -> Integer.toString(version.since()))
                            .collect(Collectors.joining(", ")),
                        ElementTypes.of(operator),
                        versions.getLast().limits())));
    return text.toString();
  }
}
