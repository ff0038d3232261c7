package org.jtvmc.compiler.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.tuner.record.RecordKey;
import org.jtvmc.tuner.record.RecordStatus;
import org.jtvmc.tuner.record.RecordStore;
import org.jtvmc.tuner.record.RecordTarget;
import org.jtvmc.tuner.record.TuningRecord;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The verb {@code log} on files that are whole, torn, empty, or of another kind. */
class LogTest {
  private static final String RECORD =
      "{\"v\":1,\"workload\":\"cafe\",\"task\":\"dense\",\"target\":{\"kind\":\"llvm\",\"cpu\":"
          + "\"znver5\",\"features\":[],\"cores\":2},\"steps\":[],\"decisions\":{},"
          + "\"times_ms\":[1.5],\"status\":\"ok\",\"error\":\"\",\"seed\":7,"
          + "\"at\":\"2026-01-02T03:04:05Z\",\"compiler\":\"0.1\"}";

  @TempDir Path folder;

  private String file(String text) throws IOException {
    return Files.writeString(folder.resolve("r.jsonl"), text).toString();
  }

  private CommandLineRun log(String action, String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("log", action));
    arguments.addAll(List.of(more));
    switch (action) {
      case "merge", "best" -> arguments.addAll(List.of("-o", folder + "/out.jsonl"));
      case "replay" ->
          arguments.addAll(List.of("--model", SmallModels.convolution(folder).toString()));
      default -> {}
    }
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"stats", "merge", "best", "verify", "replay"})
  void whatHoldsNoRecordIsRefusedInOneSentence(String action) throws IOException {
    var records = file("%PDF-1.7\n\u0000\u0001 no record\n");

    var run = log(action, records).exits(3);

    assertEquals("", run.out());
    assertEquals(
        "jtvmc: %s holds no tuning record (line 1 is not JSON): name a file that jtvmc tune wrote%n"
            .formatted(records),
        run.err());
    assertFalse(Files.exists(folder.resolve("out.jsonl")), "nothing is written");
  }

  @ParameterizedTest
  @ValueSource(strings = {"stats", "merge", "best", "replay"})
  void aTornLastLineIsSkippedAndSaid(String action) throws IOException {
    var records = file(RECORD + "\n" + RECORD.substring(0, 90));

    var run = log(action, records).exits(0);

    assertTrue(run.err().contains("the last line (2) is incomplete and is skipped"), run.err());
  }

  @Test
  void verifyCountsWhatIsNoRecord() throws IOException {
    var records = file("hello\n" + RECORD + "\n[1]\n");

    var run = CommandLineRun.of("log", "verify", records, "--json").exits(4);

    assertEquals(1, run.json().get("records").asInt());
    assertEquals(2, run.json().get("problems").size());
  }

  /** As a session leaves it that was ended before its first measurement. */
  @ParameterizedTest
  @ValueSource(strings = {"stats", "merge", "best", "verify", "replay"})
  void anEmptyFileIsAnEmptyLog(String action) throws IOException {
    var run = log(action, file(""), "--json").exits(0);

    if (action.equals("stats")) {
      assertEquals(0, run.json().get("records").asInt());
    }
  }

  @Test
  void tuneAppendsToNoFileOfAnotherKind() throws IOException {
    var records = file("some text\n");
    var model = SmallModels.convolution(folder).toString();

    CommandLineRun.of("tune", model, "--tuning-records", records, "--trials", "1").exits(3);
    CommandLineRun.of("compile", model, "--tuning-records", records, "-o", folder + "/out")
        .exits(3);

    assertEquals("some text\n", Files.readString(Path.of(records)));
  }

  @Test
  void statsSaysHowManyRecordsThereAreOfEachKind() throws IOException {
    var run = log("stats", file(RECORD + "\n" + RECORD + "\n")).exits(0);

    assertTrue(run.out().contains("dense (znver5, 2 threads)"), run.out());
    assertTrue(run.out().endsWith("2 records: 2 ok\n"), run.out());
  }

  @Test
  void recordsOfAnotherNumberOfThreadsAreUsedAndSaid() throws IOException {
    RecordTarget here = RecordTarget.of(HostCpu.detect().target());
    RecordTarget seven = new RecordTarget(here.kind(), here.cpu(), here.features(), 7);
    Path records = folder.resolve("seven.jsonl");
    try (RecordStore store = RecordStore.open(records, Assertions::fail)) {
      store.append(
          new TuningRecord(
              new RecordKey("cafe", seven),
              "dense",
              "[]",
              Map.of(),
              List.of(1.5),
              RecordStatus.OK,
              "",
              7,
              Instant.parse("2026-01-02T03:04:05Z"),
              "0.1",
              false));
    }
    String model = SmallModels.convolution(folder).toString();
    for (int threads : List.of(3, 7)) {
      var run =
          CommandLineRun.of(
                  "compile",
                  model,
                  "--tuning-records",
                  records.toString(),
                  "--num-threads",
                  Integer.toString(threads),
                  "-o",
                  folder + "/out" + threads)
              .exits(0);
      assertEquals(
          threads != 7, run.err().contains("measured with 7 threads and none with 3"), run.err());
    }
  }
}
