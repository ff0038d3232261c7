package org.jtvmc.tuner.record;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jtvmc.ir.file.FileFault;

/**
 * The measured candidates of earlier and present sessions.
 *
 * <p>A store on a file appends each record as it comes. Where that fails (a full disk), it says so
 * once, keeps the record in memory, and tries again with the next one: tuning goes on, and no
 * earlier record is touched. Not thread-safe; several processes may share a file.
 */
public final class RecordStore implements AutoCloseable {
  private final Map<RecordKey, List<TuningRecord>> byKey = new HashMap<>();
  private final Deque<TuningRecord> unsaved = new ArrayDeque<>();
  private final RecordCodec codec = new RecordCodec();
  private final Optional<RecordLines> lines;
  private final String name;
  private final Consumer<String> problems;
  private boolean reported;
  private boolean closed;

  private RecordStore(Optional<RecordLines> lines, String name, Consumer<String> problems) {
    this.lines = lines;
    this.name = name;
    this.problems = problems;
  }

  /** A store that is gone with the process. */
  public static RecordStore inMemory() {
    return new RecordStore(Optional.empty(), "memory", _ -> {});
  }

  /**
   * The records of {@code file}, which need not exist yet and to which new ones are appended.
   *
   * @param problems gets a sentence for each line that is skipped and for a failure to save
   * @throws RecordException where the file is there and cannot be read, or could not be written
   */
  public static RecordStore open(Path file, Consumer<String> problems) {
    requireWritable(file);
    RecordStore store =
        new RecordStore(
            Optional.of(new RecordLines(file.toAbsolutePath())), file.toString(), problems);
    new RecordReader(file, problems).forEach(store::remember);
    return store;
  }

  /**
   * The records of several files, for looking up; nothing is written to them.
   *
   * @throws RecordException where one is there and cannot be read
   */
  public static RecordStore read(Collection<Path> files, Consumer<String> problems) {
    RecordStore store = inMemory();
    for (Path file : files) {
      new RecordReader(file, problems).forEach(store::remember);
    }
    return store;
  }

  /** What takes long to measure is to be saved: that it cannot be is said before. */
  private static void requireWritable(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    String fault =
        !Files.isDirectory(folder)
            ? "the folder %s does not exist".formatted(folder)
            : Files.exists(file) ? "it is write-protected" : "its folder is write-protected";
    if (!Files.isWritable(Files.exists(file) ? file : folder)) {
      throw new RecordException(
          "the records file %s cannot be written: %s; name another".formatted(file, fault), null);
    }
  }

  /** Adds a record and saves it at once. */
  public void append(TuningRecord record) {
    remember(record);
    if (lines.isPresent()) {
      unsaved.add(record);
      save(lines.get());
    }
  }

  /** Makes the records so far survive a power failure. */
  public void sync() {
    lines.ifPresent(
        file -> {
          save(file);
          try {
            file.sync();
          } catch (IOException e) {
            report(e);
          }
        });
  }

  private void save(RecordLines file) {
    try {
      while (!unsaved.isEmpty()) {
        String line = codec.write(unsaved.getFirst()) + "\n";
        file.append(line.getBytes(StandardCharsets.UTF_8));
        unsaved.removeFirst();
        reported = false;
      }
    } catch (IOException e) {
      report(e);
    }
  }

  private void report(IOException e) {
    if (!reported) {
      problems.accept(
          "cannot save to the records file %s: %s; tuning goes on and keeps its records in memory"
              .formatted(name, FileFault.reason(e)));
      reported = true;
    }
  }

  private void remember(TuningRecord record) {
    byKey.computeIfAbsent(record.key(), _ -> new ArrayList<>()).add(record);
  }

  /** How many records could not be written to the file. */
  public int unsaved() {
    return unsaved.size();
  }

  /** All records, those of one key together and in order. */
  public List<TuningRecord> all() {
    return byKey.values().stream().flatMap(List::stream).toList();
  }

  /** The records of one key, oldest first. */
  public List<TuningRecord> of(RecordKey key) {
    return List.copyOf(byKey.getOrDefault(key, List.of()));
  }

  /** How many different schedules were measured for {@code key}. */
  public int trials(RecordKey key) {
    return (int)
        byKey.getOrDefault(key, List.of()).stream().map(TuningRecord::steps).distinct().count();
  }

  /**
   * The fastest right candidate for {@code key}. A confirmed winner stands for all that was
   * measured before it; what came later must have been faster. Where nothing was measured, the one
   * of the best estimate.
   */
  public Optional<TuningRecord> best(RecordKey key) {
    Map<String, Double> times = new HashMap<>();
    TuningRecord best = null;
    for (TuningRecord record : byKey.getOrDefault(key, List.of())) {
      if (!record.ok() || !record.conditions().measured()) {
        continue;
      }
      double time = times.merge(record.steps(), record.bestMs(), Math::min);
      if (best == null || record.confirmed() || time < times.get(best.steps())) {
        best = record;
      }
    }
    return Optional.ofNullable(best).or(() -> estimated(key));
  }

  private Optional<TuningRecord> estimated(RecordKey key) {
    return byKey.getOrDefault(key, List.of()).stream()
        .filter(record -> record.ok() && record.conditions().estimatedMs().isPresent())
        .min(Comparator.comparingDouble(record -> record.conditions().estimatedMs().getAsDouble()));
  }

  /**
   * The shortest time in milliseconds that {@link #best}'s schedule was ever measured at; infinite
   * where there is none.
   */
  public double bestMs(RecordKey key) {
    return best(key).stream()
        .flatMap(best -> byKey.get(key).stream().filter(r -> r.steps().equals(best.steps())))
        .mapToDouble(TuningRecord::bestMs)
        .min()
        .orElse(Double.POSITIVE_INFINITY);
  }

  /**
   * As {@link #best}, and where there is none, the best for the same code on another number of
   * threads, the nearest number first: a schedule is never wrong, and most likely still better than
   * none.
   */
  public Optional<TuningRecord> bestOrNearest(RecordKey key) {
    Optional<TuningRecord> exact = best(key);
    if (exact.isPresent()) {
      return exact;
    }
    int cores = key.target().cores();
    return byKey.keySet().stream()
        .filter(k -> k.workload().equals(key.workload()) && k.target().sameCode(key.target()))
        .sorted(Comparator.comparingInt(k -> Math.abs(k.target().cores() - cores)))
        .flatMap(k -> best(k).stream())
        .findFirst();
  }

  /**
   * How many workloads {@link #bestOrNearest} finds no record of for {@code target} itself, by the
   * number of threads of the records that it takes in their place.
   */
  public NavigableMap<Integer, Long> onOtherThreads(RecordTarget target) {
    return byKey.keySet().stream()
        .filter(key -> key.target().sameCode(target))
        .map(RecordKey::workload)
        .distinct()
        .map(workload -> new RecordKey(workload, target))
        .filter(key -> best(key).isEmpty())
        .flatMap(key -> bestOrNearest(key).stream())
        .collect(
            Collectors.groupingBy(
                record -> record.key().target().cores(), TreeMap::new, Collectors.counting()));
  }

  /** Saves what is left and closes the file. Closing again does nothing. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    lines.ifPresent(
        file -> {
          save(file);
          try {
            file.close();
          } catch (IOException e) {
            report(e);
          }
          if (!unsaved.isEmpty()) {
            problems.accept("%d records could not be saved to %s".formatted(unsaved.size(), name));
          }
        });
  }
}
