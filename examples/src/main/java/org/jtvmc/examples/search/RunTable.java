package org.jtvmc.examples.search;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * The runs of an experiment, in a CSV file with a line for each trial. The file is replaced as a
 * whole each time runs are added, so that an experiment that was interrupted goes on where it was.
 */
final class RunTable {
  private static final String HEADER =
      "workload;variant;seed;trial;seconds;best_gflops;in_turn_gflops";

  private record Key(String workload, String variant, long seed) {}

  private final Path file;
  private final Map<Key, Run> runs = new LinkedHashMap<>();

  private RunTable(Path file) {
    this.file = file;
  }

  /**
   * The runs of a file, which need not exist yet.
   *
   * @throws IOException where it cannot be read, or is another file
   */
  static RunTable open(Path file) throws IOException {
    RunTable table = new RunTable(file);
    if (!Files.exists(file)) {
      return table;
    }
    List<String> lines = Files.readAllLines(file);
    if (lines.isEmpty() || !lines.getFirst().equals(HEADER)) {
      throw new IOException(file + " is no table of this experiment: its first line is another");
    }
    Map<Key, List<Run.Trial>> trials = new LinkedHashMap<>();
    for (int k = 1; k < lines.size(); k++) {
      String[] fields = lines.get(k).split(";", -1);
      try {
        trials
            .computeIfAbsent(
                new Key(fields[0], fields[1], Long.parseLong(fields[2])), _ -> new ArrayList<>())
            .add(
                new Run.Trial(
                    Double.parseDouble(fields[4]),
                    Double.parseDouble(fields[5]),
                    fields[6].isEmpty()
                        ? OptionalDouble.empty()
                        : OptionalDouble.of(Double.parseDouble(fields[6]))));
      } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        throw new IOException("%s: line %d is no trial".formatted(file, k + 1), e);
      }
    }
    trials.forEach(
        (key, of) -> table.runs.put(key, new Run(key.workload, key.variant, key.seed, of)));
    return table;
  }

  boolean contains(String workload, String variant, long seed) {
    return runs.containsKey(new Key(workload, variant, seed));
  }

  /** Adds runs and saves them. */
  void addAll(List<Run> fresh) throws IOException {
    fresh.forEach(run -> runs.put(new Key(run.workload(), run.variant(), run.seed()), run));
    List<String> lines = new ArrayList<>(List.of(HEADER));
    for (Run each : runs.values()) {
      for (int k = 0; k < each.trials().size(); k++) {
        Run.Trial trial = each.trials().get(k);
        lines.add(
            String.format(
                Locale.ROOT,
                "%s;%s;%d;%d;%.2f;%.2f;%s",
                each.workload(),
                each.variant(),
                each.seed(),
                k,
                trial.seconds(),
                trial.bestGflops(),
                trial.inTurnGflops().isPresent()
                    ? "%.2f".formatted(trial.inTurnGflops().getAsDouble())
                    : ""));
      }
    }
    Path part = file.resolveSibling(file.getFileName() + ".part");
    Files.write(part, lines);
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** All runs. */
  List<Run> runs() {
    return List.copyOf(runs.values());
  }

  /** The runs of one variant on one workload. */
  List<Run> of(String workload, String variant) {
    return runs.values().stream()
        .filter(run -> run.workload().equals(workload) && run.variant().equals(variant))
        .toList();
  }

  /** The workloads, in the order in which they were first run. */
  List<String> workloads() {
    return runs.values().stream().map(Run::workload).distinct().toList();
  }
}
