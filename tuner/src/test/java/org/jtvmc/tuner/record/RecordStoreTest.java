package org.jtvmc.tuner.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordStoreTest {
  @TempDir Path folder;
  private final List<String> problems = new ArrayList<>();

  private Path file() {
    return folder.resolve("model.llvm.jsonl");
  }

  private RecordStore open() {
    return RecordStore.open(file(), problems::add);
  }

  @Test
  void recordsComeBackAsTheyWere() {
    List<TuningRecord> written =
        List.of(
            Records.ok(4, 1.5),
            Records.record(8, List.of(), RecordStatus.WRONG_ANSWER, "element 3: \"x\"\n", false),
            Records.confirmed(16, 0.25));
    try (RecordStore store = open()) {
      written.forEach(store::append);
    }
    try (RecordStore store = open()) {
      assertEquals(written, store.of(Records.KEY));
      assertEquals(3, store.trials(Records.KEY));
    }
    assertEquals(List.of(), problems);
  }

  @Test
  void howATimeWasFoundComesBackToo() throws IOException {
    List<TuningRecord> written =
        List.of(
            Records.under(
                Conditions.atClock(Optional.of(new DeviceClock(1755, false))), List.of(0.5)),
            Records.under(
                Conditions.atClock(Optional.of(new DeviceClock(900, true))), List.of(0.7)),
            Records.under(Conditions.IN_NETWORK, List.of(0.5)),
            Records.under(Conditions.estimated(0.25), List.of()));
    try (RecordStore store = open()) {
      written.forEach(store::append);
    }
    try (RecordStore store = open()) {
      assertEquals(written, store.of(Records.KEY));
    }
    List<String> lines = Files.readAllLines(file());
    assertTrue(lines.get(0).contains("\"clock_mhz\":1755"), lines.get(0));
    assertTrue(lines.get(1).contains("\"clock_mhz\":900,\"clock_held_down\":true"), lines.get(1));
    assertTrue(lines.get(2).contains("\"in_network\":true"), lines.get(2));
    assertTrue(lines.get(3).contains("\"measured\":false"), lines.get(3));
    assertTrue(lines.get(3).contains("\"estimated_ms\":0.25"), lines.get(3));
  }

  @Test
  void aLineIsWhatTheContractSays() throws IOException {
    try (RecordStore store = open()) {
      store.append(Records.ok(4, 1.5));
    }
    assertEquals(
        "{\"v\":1,\"workload\":\"cafe\",\"task\":\"dense\",\"target\":{\"kind\":\"llvm\","
            + "\"cpu\":\"znver5\",\"features\":[\"avx2\",\"avx512f\"],\"cores\":2},"
            + "\"steps\":[[\"split\",\"dense\",\"i0\",[4]]],\"decisions\":{\"tile\":\"4\"},"
            + "\"times_ms\":[1.5,1.6500000000000001],\"status\":\"ok\",\"error\":\"\",\"seed\":7,"
            + "\"at\":\"2026-01-02T03:04:05Z\",\"compiler\":\"0.1\"}\n",
        Files.readString(file()));
  }

  @Test
  void aTornLastLineIsSkippedSaidAndDoesNotSwallowTheNextRecord() throws IOException {
    try (RecordStore store = open()) {
      store.append(Records.ok(4, 1.5));
      store.append(Records.ok(8, 1.0));
    }
    String text = Files.readString(file());
    Files.writeString(file(), text.substring(0, text.length() - 40));
    try (RecordStore store = open()) {
      assertEquals(1, store.all().size());
      assertEquals(List.of(file() + ": the last line (2) is incomplete and is skipped"), problems);
      store.append(Records.ok(16, 0.5));
    }
    try (RecordStore store = open()) {
      assertEquals(List.of(Records.ok(4, 1.5), Records.ok(16, 0.5)), store.all());
    }
  }

  @Test
  void foreignLinesAreSkippedWithTheirNumber() throws IOException {
    try (RecordStore store = open()) {
      store.append(Records.ok(4, 1.5));
    }
    String good = Files.readString(file());
    String deep = "[".repeat(5000);
    Files.writeString(
        file(),
        String.join(
            "\n",
            "hello",
            "[1]",
            good.strip().replace("\"v\":1", "\"v\":9"),
            good.strip().replace("\"ok\"", "\"great\""),
            good.strip().replace("1.5", "-1"),
            good.strip().replace("1.5", "\"fast\""),
            good.strip().replace("2026", "last year"),
            good.strip().replace("split", "melt"),
            deep,
            "",
            good));
    try (RecordStore store = open()) {
      assertEquals(List.of(Records.ok(4, 1.5)), store.all());
    }
    assertEquals(file() + ": line 1 is skipped: it is not JSON", problems.get(0));
    assertEquals(file() + ": line 2 is skipped: it is not a JSON object", problems.get(1));
    assertTrue(problems.get(2).contains("line 3 is skipped: it has format version 9"));
    assertEquals(file() + ": 4 more lines are skipped", problems.getLast());
  }

  @Test
  void aWinnerThatWasConfirmedBeatsALuckyMeasurement() {
    try (RecordStore store = RecordStore.inMemory()) {
      store.append(Records.ok(4, 1.0));
      store.append(Records.ok(8, 1.2));
      assertEquals(Records.ok(4, 1.0), store.best(Records.KEY).orElseThrow());
      store.append(Records.confirmed(8, 1.1));
      assertEquals(Records.confirmed(8, 1.1), store.best(Records.KEY).orElseThrow());
      store.append(Records.ok(16, 0.9));
      assertEquals(Records.ok(16, 0.9), store.best(Records.KEY).orElseThrow());
    }
  }

  @Test
  void recordsOfAnotherThreadCountServeWhereThereIsNothingBetter() {
    RecordTarget target = Records.KEY.target();
    RecordKey other =
        new RecordKey("cafe", new RecordTarget(target.kind(), target.cpu(), target.features(), 16));
    RecordKey otherCpu =
        new RecordKey("cafe", new RecordTarget(target.kind(), "znver2", target.features(), 2));
    try (RecordStore store = RecordStore.inMemory()) {
      store.append(Records.ok(4, 1.0));
      assertTrue(store.best(other).isEmpty());
      assertTrue(store.bestOrNearest(other).isPresent());
      assertTrue(store.bestOrNearest(otherCpu).isEmpty());
      assertEquals(Map.of(), store.onOtherThreads(Records.KEY.target()));
      assertEquals(Map.of(2, 1L), store.onOtherThreads(other.target()));
      assertEquals(Map.of(), store.onOtherThreads(otherCpu.target()));
    }
  }

  @Test
  void aFolderInPlaceOfTheFileIsOneSentence() {
    RecordException e =
        assertThrows(RecordException.class, () -> RecordStore.open(folder, problems::add).close());
    assertTrue(e.getMessage().startsWith("cannot read the records file"), e.getMessage());
    assertFalse(e.getMessage().contains("\n"));
  }

  /** The shell's limit on file sizes makes the kernel itself refuse a part of a line. */
  @Test
  void aFullDiskKeepsEarlierRecordsAndEndsAtALine() throws Exception {
    Process child = start("ulimit -f 4; exec \"$@\"", "100");
    List<String> output = child.inputReader().lines().toList();
    List<String> errors = child.errorReader().lines().toList();
    assertEquals(0, child.waitFor());
    assertEquals(100, output.size(), "tuning went on");
    int saved = Integer.parseInt(output.getLast().split(" ")[0]);
    assertTrue(saved > 0 && saved < 100, "saved " + saved);
    assertEquals(2, errors.size(), errors::toString);
    assertTrue(errors.get(0).startsWith("cannot save to the records file"), errors.get(0));
    assertEquals((100 - saved) + " records could not be saved to " + file(), errors.get(1));
    assertTrue(Files.readString(file()).endsWith("\n"));
    try (RecordStore store = open()) {
      assertEquals(saved, store.all().size());
      store.append(Records.ok(1000, 1));
    }
    try (RecordStore store = open()) {
      assertEquals(saved + 1, store.all().size());
    }
    assertEquals(List.of(), problems);
  }

  @Test
  void killingTheWriterLosesNoCompletedRecord() throws Exception {
    Process child = start("exec \"$@\"", "1000000");
    int saved = 0;
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      while (saved < 50) {
        saved = Integer.parseInt(out.readLine().split(" ")[0]);
      }
      child.toHandle().destroyForcibly();
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        saved = line.endsWith("saved") ? Integer.parseInt(line.split(" ")[0]) : saved;
      }
    }
    child.waitFor();
    try (RecordStore store = open()) {
      assertTrue(store.all().size() >= saved, store.all().size() + " of " + saved);
      store.append(Records.ok(-1, 1));
    }
    problems.clear();
    try (RecordStore store = open()) {
      assertEquals(Records.ok(-1, 1), store.all().getLast());
    }
  }

  @Test
  void twoWritersShareAFile() throws Exception {
    Process first = start("exec \"$@\"", "300");
    Process second = start("exec \"$@\"", "300");
    first.inputReader().lines().forEach(_ -> {});
    second.inputReader().lines().forEach(_ -> {});
    assertEquals(0, first.waitFor());
    assertEquals(0, second.waitFor());
    try (RecordStore store = open()) {
      assertEquals(600, store.all().size());
      assertEquals(300, store.trials(Records.KEY));
    }
    assertEquals(List.of(), problems);
  }

  @Test
  void anEarlierFileWithoutAFinalLineFeedIsContinued() throws IOException {
    try (RecordStore store = open()) {
      store.append(Records.ok(4, 1.5));
    }
    Files.writeString(file(), Files.readString(file()).strip());
    try (RecordStore store = open()) {
      store.append(Records.ok(8, 1));
    }
    assertEquals(2, Files.readAllLines(file()).size());
    Files.writeString(file(), "", StandardOpenOption.APPEND);
    try (RecordStore store = open()) {
      assertEquals(2, store.all().size());
    }
  }

  private Process start(String script, String count) throws IOException {
    return new ProcessBuilder(
            "bash",
            "-c",
            script,
            "bash",
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-cp",
            System.getProperty("java.class.path"),
            "org.jtvmc.tuner.record.AppendForever",
            file().toString(),
            count)
        .start();
  }

  @Test
  void anEstimateCountsOnlyWhereNothingWasMeasured() throws IOException {
    TuningRecord fast = estimated(1, 0.5);
    TuningRecord slow = estimated(2, 2);
    Path file = folder.resolve("estimates.jsonl");
    try (RecordStore store = RecordStore.open(file, _ -> {})) {
      store.append(slow);
      store.append(fast);
    }
    assertTrue(
        Files.readString(file).contains("\"measured\":false,\"estimated_ms\":0.5"),
        Files.readString(file));
    try (RecordStore store = RecordStore.open(file, problem -> fail(problem))) {
      assertEquals(fast, store.best(Records.KEY).orElseThrow());
      assertEquals(Double.POSITIVE_INFINITY, store.bestMs(Records.KEY));
      store.append(Records.ok(3, 9));
      assertEquals(9, store.bestMs(Records.KEY));
    }
  }

  private static TuningRecord estimated(int schedule, double ms) {
    TuningRecord record = Records.ok(schedule, 1);
    return new TuningRecord(
        record.key(),
        record.task(),
        record.steps(),
        record.decisions(),
        List.of(),
        RecordStatus.OK,
        "",
        record.seed(),
        record.at(),
        record.compiler(),
        false,
        Conditions.estimated(ms));
  }
}
