package org.jtvmc.compiler.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tuning from the command line, and what is done with the records. */
class TuneTest {

  @TempDir Path folder;

  @Test
  void tasksAreTheDistinctKernels() throws IOException {
    var model = SmallModels.convolution(folder).toString();

    var tasks = CommandLineRun.of("tasks", model, "--json").exits(0).json().get("tasks");

    assertTrue(tasks.size() >= 2);
    for (int i = 0; i < tasks.size(); i++) {
      assertEquals(i, tasks.get(i).get("id").asInt());
      assertTrue(tasks.get(i).get("weight").asInt() >= 1);
      assertTrue(tasks.get(i).get("flop").asDouble() >= 0);
      assertEquals(64, tasks.get(i).get("workload").asText().length());
    }
  }

  @Test
  void tuningRecordsResumesAndCompiles() throws IOException {
    var model = SmallModels.convolution(folder).toString();
    var records = folder.resolve("r.jsonl").toString();
    var out = folder.resolve("out").toString();

    var first =
        CommandLineRun.of(
                "tune",
                model,
                "--json",
                "--tuning-records",
                records,
                "--trials",
                "6",
                "-o",
                out,
                "--tuner",
                "random",
                "--cost-model",
                "none",
                "--tasks",
                "0")
            .exits(0)
            .json();
    var second =
        CommandLineRun.of(
                "tune",
                model,
                "--json",
                "--tuning-records",
                records,
                "--trials",
                "6",
                "-o",
                out,
                "--tasks",
                "0",
                "--tuner",
                "random",
                "--cost-model",
                "none")
            .exits(0)
            .json();

    // A session may end before, where a disturbed measurement of the peak says that it is reached.
    int trials = first.get("trials").asInt();
    assertTrue(trials > 0);
    assertTrue(trials + second.get("trials").asInt() <= 6, "trials in the records are made again");
    assertTrue(first.at("/tasks/0/best_ms").asDouble() > 0);
    for (var failure : List.of("rejected", "build", "launch", "timeout", "wrong_answer")) {
      assertTrue(first.at("/tasks/0/failures/" + failure).isInt(), failure);
    }
    for (var field : List.of("target", "records", "seed", "elapsed_s", "trials_per_s")) {
      assertTrue(first.has(field), field);
    }
    assertTrue(Files.readString(Path.of(out, "convolution.json")).contains("\"tuned\""));
    CommandLineRun.of("verify", out).exits(0);
    logWorksOn(records, model);
    replayGivesTheSameLibrary(records, model, Path.of(out));
  }

  /** No machine that runs this has a GPU of 2018 in it: candidates are ranked, and it is said. */
  @Test
  void withoutItsGpuATargetIsTunedByEstimates() throws IOException {
    var model = SmallModels.convolution(folder).toString();
    var records = folder.resolve("gpu.jsonl").toString();
    var out = folder.resolve("gpu");
    var again = folder.resolve("again");
    var target = List.of("--target", "cuda -arch=sm_75");

    var tuned =
        run(
            List.of("tune", model, "--json", "--tuning-records", records, "-o", out.toString()),
            Stream.concat(Stream.of("--trials", "6"), target.stream()).toList());

    assertTrue(tuned.err().contains("nothing is measured"), tuned.err());
    assertFalse(tuned.json().get("measured").asBoolean());
    assertTrue(tuned.json().at("/tasks/0/best_ms").isNull());
    assertTrue(tuned.json().at("/tasks/0/estimated_ms").asDouble() > 0);
    for (var line : Files.readAllLines(Path.of(records))) {
      assertTrue(line.contains("\"times_ms\":[]"), line);
      assertTrue(line.contains("\"measured\":false"), line);
    }
    run(List.of("log", "replay", records, "--model", model, "-o", again.toString()), target);
    assertArrayEquals(
        Files.readAllBytes(out.resolve("libconvolution.so")),
        Files.readAllBytes(again.resolve("libconvolution.so")));
  }

  /** Sizes that the file fixes are opened; the usual ones are tuned, and those of one variant. */
  @Test
  void tunesOpenSizesAndSpecialisedOnes() throws IOException {
    var model = SmallModels.convolution(folder).toString();
    var records = folder.resolve("r.jsonl").toString();
    var out = folder.resolve("out").toString();
    var again = folder.resolve("again").toString();
    var open = List.of("--input-shapes", "x:[n,3,h@12,w@12]", "--specialize", "x:[2,3,18,9]");
    int generic =
        run(List.of("tasks", model, "--json"), open.subList(0, 2)).json().get("tasks").size();

    var tuned =
        run(
                List.of("tune", model, "--json", "--tuning-records", records, "-o", out),
                Stream.concat(
                        Stream.of("--trials", "30", "--tuner", "random", "--cost-model", "none"),
                        open.stream())
                    .toList())
            .json();

    assertTrue(tuned.get("tasks").size() > generic);
    for (var task : tuned.get("tasks")) {
      assertTrue(task.get("best_ms").asDouble() > 0, task.toString());
    }
    for (var reference : List.of("onnxruntime", "interpreter")) {
      for (var shape : List.of("x:[1,3,12,12]", "x:[2,3,18,9]", "x:[3,3,7,25]")) {
        run(List.of("verify", out, "--reference", reference), List.of("--input-shapes", shape));
      }
    }
    run(List.of("log", "replay", records, "--model", model, "-o", again), open);
    assertArrayEquals(
        Files.readAllBytes(Path.of(out, "libconvolution.so")),
        Files.readAllBytes(Path.of(again, "libconvolution.so")));
    var other = run(List.of("log", "replay", records, "--model", model), List.of());
    assertTrue(other.err().contains("no record is of a kernel"), other.err());
  }

  private static CommandLineRun run(List<String> arguments, List<String> more) {
    var all = Stream.concat(arguments.stream(), more.stream()).toArray(String[]::new);
    return CommandLineRun.of(all).exits(0);
  }

  /** Again, from a merged log, and in another folder, by another path to model and records. */
  private void replayGivesTheSameLibrary(String records, String model, Path tuned)
      throws IOException {
    byte[] library = Files.readAllBytes(tuned.resolve("libconvolution.so"));
    var elsewhere = Files.createDirectories(folder.resolve("else").resolve("where"));
    Files.copy(Path.of(model), elsewhere.resolve("convolution.onnx"));
    var merged = elsewhere.resolve("merged.jsonl").toString();
    CommandLineRun.of("log", "merge", records, "-o", merged).exits(0);
    var replays =
        List.of(
            List.of(records, model, folder.resolve("again").toString()),
            List.of(
                merged,
                elsewhere.resolve("convolution.onnx").toString(),
                elsewhere.resolve("out").toString()));
    for (var replay : replays) {
      var run =
          CommandLineRun.of(
              "log", "replay", replay.get(0), "--model", replay.get(1), "-o", replay.get(2));
      run.exits(0);
      var again = Files.readAllBytes(Path.of(replay.get(2), "libconvolution.so"));
      assertArrayEquals(library, again, replay::toString);
    }
  }

  private void logWorksOn(String records, String model) {
    var merged = folder.resolve("merged.jsonl").toString();
    var stats = CommandLineRun.of("log", "stats", records, "--json").exits(0).json();
    CommandLineRun.of("log", "merge", records, records, "-o", merged).exits(0);
    var again = CommandLineRun.of("log", "stats", merged, "--json").exits(0).json();
    assertEquals(stats.get("records"), again.get("records"));
    assertEquals(
        1, CommandLineRun.of("log", "best", merged, "--json").json().get("records").asInt());
    CommandLineRun.of("log", "verify", merged).exits(0);
    var replay =
        CommandLineRun.of("log", "replay", merged, "--model", model, "--json").exits(0).json();
    assertEquals(64, replay.at("/tasks/0/sha256").asText().length());
  }
}
