package org.jtvmc.compiler.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jtvmc.compiler.npz.Npz;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sizes that a model or a library leaves open are those of the arrays that it is run on. */
class SizesOfInputsTest {

  @TempDir Path folder;

  private String inputs(NDArray... byName) {
    Path file = folder.resolve("in.npz");
    Npz.write(
        file,
        byName.length == 1
            ? Map.of("ids", byName[0])
            : Map.of("ids", byName[0], "mask", byName[1], "other", byName[0]));
    return file.toString();
  }

  private static NDArray ids(long... sizes) {
    NDArray ids = NDArray.allocate(TensorType.of(DType.I64, sizes));
    for (long i = 0; i < ids.elements(); i++) {
      ids.setLong(i, i % 19);
    }
    return ids;
  }

  private static void hasRows(long batch, CommandLineRun run) {
    assertEquals(batch, run.exits(0).json().at("/outputs/0/shape/0").asLong());
  }

  @Test
  void aModelIsCompiledForTheArraysThatItIsGiven() throws IOException {
    String model = SmallModels.embedding(folder).toString();
    String given = inputs(ids(3, 7), ids(3, 7));

    hasRows(3, CommandLineRun.of("run", model, "--inputs", given, "--json"));
    CommandLineRun.of("verify", model, "--inputs", given).exits(0);
  }

  @Test
  void anInputThatIsNotGivenFollowsTheOthers() throws IOException {
    String model = SmallModels.embedding(folder).toString();

    hasRows(4, CommandLineRun.of("run", model, "--inputs", inputs(ids(4, 7)), "--json"));
  }

  @Test
  void aLibraryRunsWithTheSizesOfItsArrays() throws IOException {
    String model = SmallModels.embedding(folder).toString();
    String out = folder.resolve("out").toString();
    CommandLineRun.of("compile", model, "-o", out, "--input-shapes", "ids:[n,7] mask:[n,7]")
        .exits(0);

    hasRows(5, CommandLineRun.of("run", out, "--inputs", inputs(ids(5, 7)), "--json"));
    CommandLineRun.of("verify", out, "--inputs", inputs(ids(2, 7), ids(2, 7))).exits(0);
    hasRows(1, CommandLineRun.of("run", out, "--json"));
  }

  @Test
  void whatIsSaidAndWhatIsGivenMustNotDiffer() throws IOException {
    String model = SmallModels.embedding(folder).toString();

    CommandLineRun run =
        CommandLineRun.of(
                "run",
                model,
                "--inputs",
                inputs(ids(3, 7)),
                "--input-shapes",
                "ids:[2,7] mask:[2,7]")
            .exits(3);

    assertTrue(run.err().contains("(3, 7)") && run.err().contains("(2, 7)"), run.err());
  }

  @Test
  void anArrayThatDoesNotFitTheModelIsRefused() throws IOException {
    String model = SmallModels.embedding(folder).toString();

    CommandLineRun run = CommandLineRun.of("run", model, "--inputs", inputs(ids(3, 8))).exits(3);

    assertTrue(run.err().contains("'ids'"), run.err());
  }
}
