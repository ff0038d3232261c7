package org.jtvmc.examples.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What the runs say, as tables in Markdown. */
final class Summary {
  /** After so many trials a search should be nearly done. */
  static final int EARLY = 16;

  private final RunTable table;
  private final int trials;

  /**
   * @param trials of a whole run
   */
  Summary(RunTable table, int trials) {
    this.table = table;
    this.trials = trials;
  }

  String text() {
    return speeds(EARLY) + "\n" + speeds(trials) + "\n" + comparison();
  }

  /** GFLOP/s of what each variant found on each workload, measured in turn, over the seeds. */
  private String speeds(int after) {
    StringBuilder text = new StringBuilder("| after %d trials |".formatted(after));
    table.workloads().forEach(workload -> text.append(" `").append(workload).append("` |"));
    text.append("\n| --- |").append(" --- |".repeat(table.workloads().size())).append('\n');
    for (Variant variant : Variant.ALL) {
      text.append("| ").append(variant.name()).append(" |");
      for (String workload : table.workloads()) {
        List<Double> speeds =
            table.of(workload, variant.name()).stream().map(run -> run.inTurnAfter(after)).toList();
        text.append(' ').append(Interval.of(speeds).text(1)).append(" |");
      }
      text.append('\n');
    }
    return text.toString();
  }

  /** How much slower the others' results are than the full search's, pair by pair. */
  private String comparison() {
    StringBuilder text =
        new StringBuilder("| against %s |".formatted(Variant.ALL.getLast().name()));
    text.append(" after %d trials | after %d trials |%n".formatted(EARLY, trials));
    text.append("| --- | --- | --- |\n");
    for (Variant variant : Variant.ALL.subList(0, Variant.ALL.size() - 1)) {
      text.append("| ").append(variant.name()).append(" | ");
      text.append(difference(variant, EARLY)).append(" | ");
      text.append(difference(variant, trials)).append(" |\n");
    }
    return text.toString();
  }

  private String difference(Variant variant, int after) {
    List<Double> percent = new ArrayList<>();
    for (String workload : table.workloads()) {
      for (Run full : table.of(workload, Variant.ALL.getLast().name())) {
        Optional<Run> other =
            table.of(workload, variant.name()).stream()
                .filter(run -> run.seed() == full.seed())
                .findFirst();
        other.ifPresent(
            run -> percent.add(100 * (run.inTurnAfter(after) / full.inTurnAfter(after) - 1)));
      }
    }
    Interval interval = Interval.of(percent);
    return String.format(
        Locale.ROOT, "%s %%%s", interval.text(1), interval.isSignificant() ? "" : " (may be 0)");
  }
}
