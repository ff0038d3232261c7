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
      - **Shapes** are numbers, or open (docs/shapes.md), or what a run decides: sizes that follow from what NonZero, Unique, Compress or
        NonMaxSuppression find, from a shape, scales, axes or bounds that are values, or from how often a loop goes (docs/decided-sizes.md).
        What has to be known when the model is compiled is said below, and `--input-values` gives it where it is an input.
      - **Loops, branches, sequences and optional values** may depend on what is computed (docs/control-flow.md). The elements of an input `x`
        that is a sequence are the tensors `x.0`, `x.1` and so on.
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
