package org.jtvmc.tests.kernels;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/** What {@link DeviceSweep} found, a line for each model and architecture, in Markdown. */
final class SweepTable {
  private static final String HEAD =
      """
      | model | | kernels | distinct | launches | ptxas ok | emulated ok | whole grids | most registers | spilled bytes | most shared bytes | roof, ms | model, ms | share |
      | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
      """;

  private SweepTable() {}

  static String of(List<SweepRow> rows) {
    Map<String, List<SweepRow>> models =
        rows.stream()
            .collect(
                Collectors.groupingBy(
                    row -> row.model() + " | " + row.arch(),
                    LinkedHashMap::new,
                    Collectors.toList()));
    StringBuilder text = new StringBuilder(HEAD);
    models.forEach((name, kernels) -> text.append(line(name, kernels)));
    return text.toString();
  }

  private static String line(String name, List<SweepRow> kernels) {
    double roof = sum(kernels, row -> row.uses() * row.roofMs());
    double model = sum(kernels, row -> row.uses() * row.modelMs());
    return String.format(
        Locale.ROOT,
        "| %s | %.0f | %d | %.0f | %d | %d | %d | %d | %.0f | %d | %.3f | %.3f | %.2f |%n",
        name,
        sum(kernels, SweepRow::uses),
        kernels.size(),
        sum(kernels, row -> row.uses() * row.launches()),
        kernels.stream().filter(SweepRow::assembles).count(),
        kernels.stream().filter(SweepRow::passes).count(),
        kernels.stream().filter(row -> row.blocks() == row.allBlocks()).count(),
        most(kernels, SweepRow::registers),
        sum(kernels, SweepRow::spilledBytes),
        most(kernels, SweepRow::sharedBytes),
        roof,
        model,
        roof / model);
  }

  private static double sum(List<SweepRow> kernels, ToDoubleFunction<SweepRow> value) {
    return kernels.stream().mapToDouble(value).sum();
  }

  private static int most(List<SweepRow> kernels, ToIntFunction<SweepRow> value) {
    return kernels.stream().mapToInt(value).max().orElse(0);
  }
}
