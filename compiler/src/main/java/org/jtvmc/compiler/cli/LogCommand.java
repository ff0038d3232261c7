package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jtvmc.ir.file.FileFault;
import org.jtvmc.tuner.record.RecordException;
import org.jtvmc.tuner.record.RecordKey;
import org.jtvmc.tuner.record.RecordStatus;
import org.jtvmc.tuner.record.RecordStore;
import org.jtvmc.tuner.record.TuningRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code log}: works on records files. */
@Command(name = "log", description = "Works on tuning records.")
final class LogCommand extends Verb {

  /** What to do with them. */
  enum Action {
    STATS,
    MERGE,
    BEST,
    VERIFY,
    REPLAY
  }

  @Parameters(
      index = "0",
      paramLabel = "ACTION",
      description = {
        "stats: counts and best times; merge: all records into -o; best: the best of each task"
            + " (into -o); verify: whether every line is a record; replay: rebuild --model's"
            + " kernels from them, and its library (into -o)."
      })
  private Action action;

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "FILE", description = "Records files.")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "-o",
      paramLabel = "OUT",
      description = "The file that merge and best write, or the library that replay builds.")
  private Path out;

  @Mixin private ReplayOptions replay;

  private final List<String> problems = new ArrayList<>();

  @Override
  public Integer call() {
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        throw new RecordException(
            "the records file %s %s; jtvmc tune makes one"
                .formatted(file, Files.exists(file) ? "is no file" : "does not exist"),
            null);
      }
    }
    try (RecordStore store = RecordStore.read(files, problems::add)) {
      if (action != Action.VERIFY) {
        problems.forEach(problem -> note("%s", problem));
      }
      return switch (action) {
        case STATS -> stats(store);
        case MERGE -> write(new LinkedHashSet<>(store.all()), true);
        case BEST -> write(best(store), false);
        case VERIFY -> verify(store);
        case REPLAY -> replay(store);
      };
    }
  }

  private static Map<RecordKey, List<TuningRecord>> byKey(RecordStore store) {
    return store.all().stream()
        .collect(
            Collectors.groupingBy(
                TuningRecord::key,
                () ->
                    new TreeMap<>(
                        Comparator.comparing(RecordKey::workload)
                            .thenComparing(key -> key.target().toString())),
                Collectors.toList()));
  }

  private int stats(RecordStore store) {
    ObjectNode document = object();
    document.put("records", store.all().size());
    ObjectNode statuses = document.putObject("statuses");
    for (RecordStatus status : RecordStatus.values()) {
      statuses.put(status.symbol(), store.all().stream().filter(r -> r.status() == status).count());
    }
    ArrayNode tasks = document.putArray("tasks");
    byKey(store)
        .forEach(
            (key, records) -> {
              ObjectNode entry = tasks.addObject();
              entry.put("workload", key.workload());
              entry.put("name", records.getFirst().task());
              entry.put("cpu", key.target().cpu());
              entry.put("num_cores", key.target().cores());
              entry.put("records", records.size());
              entry.put("trials", store.trials(key));
              store.best(key).ifPresent(best -> putTime(entry, best));
              if (!json()) {
                line(
                    "%s  %6d records  best %10s  %s (%s, %s)",
                    key.workload().substring(0, Math.min(12, key.workload().length())),
                    records.size(),
                    store.best(key).map(LogCommand::time).orElse("none"),
                    records.getFirst().task(),
                    key.target().cpu(),
                    processors(key));
              }
            });
    if (json()) {
      print(document);
    } else {
      line("%d records%s", store.all().size(), counts(store));
    }
    return ExitCode.DONE;
  }

  /** The best time, or where nothing was measured the estimate, which is called so. */
  private static void putTime(ObjectNode entry, TuningRecord record) {
    record
        .conditions()
        .estimatedMs()
        .ifPresentOrElse(
            estimate -> entry.putNull("best_ms").put("estimated_ms", estimate),
            () -> entry.put("best_ms", record.bestMs()));
  }

  private static String time(TuningRecord record) {
    OptionalDouble estimate = record.conditions().estimatedMs();
    return estimate.isPresent()
        ? Figures.text(estimate.getAsDouble(), 4) + " ms (an estimate)"
        : Figures.text(record.bestMs(), 4) + " ms";
  }

  /** Of a CPU, the threads that kernels were measured with. */
  private static String processors(RecordKey key) {
    int count = key.target().cores();
    String unit = key.target().kind().equals("cuda") ? "multiprocessor" : "thread";
    return count + " " + unit + (count == 1 ? "" : "s");
  }

  /** How many records there are of each status that there is. */
  private static String counts(RecordStore store) {
    String counts =
        Stream.of(RecordStatus.values())
            .map(
                status ->
                    Map.entry(
                        status, store.all().stream().filter(r -> r.status() == status).count()))
            .filter(entry -> entry.getValue() > 0)
            .map(entry -> entry.getValue() + " " + entry.getKey().symbol())
            .collect(Collectors.joining(", "));
    return counts.isEmpty() ? "" : ": " + counts;
  }

  private static Set<TuningRecord> best(RecordStore store) {
    Set<TuningRecord> best = new LinkedHashSet<>();
    byKey(store).keySet().forEach(key -> store.best(key).ifPresent(best::add));
    return best;
  }

  private int write(Set<TuningRecord> records, boolean required) {
    if (out == null && required) {
      throw new UsageException("log merge needs -o OUT, the file to write");
    }
    if (out != null) {
      if (Files.exists(out)) {
        throw new UsageException(
            "%s exists already; name a new file, or append with cat".formatted(out));
      }
      try (RecordStore written = RecordStore.open(out, problem -> note("%s", problem))) {
        records.forEach(written::append);
        written.sync();
      }
      create(out);
    }
    ObjectNode document = object();
    document.put("records", records.size());
    if (out != null) {
      document.put("file", out.toString());
    }
    ArrayNode list = document.putArray("best");
    if (!required) {
      for (TuningRecord record : records) {
        ObjectNode entry = list.addObject();
        entry.put("workload", record.key().workload());
        entry.put("name", record.task());
        putTime(entry, record);
        entry.put("steps", record.steps());
        if (!json()) {
          line("%10s  %s  %s", time(record), record.task(), record.key().workload());
        }
      }
    } else {
      document.remove("best");
    }
    if (json()) {
      print(document);
    } else if (out != null) {
      line("%d records in %s", records.size(), out);
    } else if (records.isEmpty()) {
      line("no record of a candidate that works");
    }
    return ExitCode.DONE;
  }

  /** Of no records too there is a file. */
  private static void create(Path file) {
    try {
      if (Files.notExists(file)) {
        Files.createFile(file);
      }
    } catch (IOException e) {
      throw new RecordException("cannot write %s: %s".formatted(file, FileFault.reason(e)), e);
    }
  }

  private int verify(RecordStore store) {
    boolean ok = problems.isEmpty();
    if (json()) {
      ObjectNode document = object();
      document.put("ok", ok);
      document.put("records", store.all().size());
      ArrayNode list = document.putArray("problems");
      problems.forEach(list::add);
      print(document);
    } else {
      problems.forEach(problem -> line("%s", problem));
      line("%d records, %s", store.all().size(), ok ? "every line is one" : "and other lines");
    }
    return ok ? ExitCode.DONE : ExitCode.VERIFICATION_FAILED;
  }

  private int replay(RecordStore store) {
    replay.model();
    return new RecordReplay(this, Machine.detect(), replay, Optional.ofNullable(out)).replay(store);
  }
}
