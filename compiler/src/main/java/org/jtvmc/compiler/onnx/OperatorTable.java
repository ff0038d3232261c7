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
      - **Types**: float16, bfloat16, float32 and float64, signed and unsigned integers of 8 to 64 bits, and bool, wherever ONNX allows them
        for the operator. Sums of 16-bit floats are kept in float32. The four float8 types, float8e8m0, float4e2m1 and integers of 4 and 2
        bits pass through casts, (de)quantisation and everything that only moves elements; in memory each takes a byte. Complex numbers and
        strings are not supported.
      - **Shapes** are fixed when the model is compiled. What a shape depends on (the target of a Reshape, the axes of a reduction, the number
        of elements of a TopK) has to follow from constants and input shapes.
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
    text.append("| operator | since | limits |\n| --- | --- | --- |\n");
    operators.forEach(
        (operator, versions) ->
            text.append(
                "| %s | %s | %s |\n"
                    .formatted(
                        operator,
                        versions.stream()
                            .map(version -> Integer.toString(version.since()))
                            .collect(Collectors.joining(", ")),
                        versions.getLast().limits())));
    return text.toString();
  }
}
