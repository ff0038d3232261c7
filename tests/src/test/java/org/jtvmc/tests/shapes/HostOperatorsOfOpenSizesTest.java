package org.jtvmc.tests.shapes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.abort;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.onnx.OnnxBuilder;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.tests.operators.Closeness;
import org.jtvmc.tests.operators.OnnxRuntimeReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the native runtime computes between kernels, on inputs of which only the run knows sizes.
 */
class HostOperatorsOfOpenSizesTest {
  private static final List<String> WORDS = List.of("one two", "Three", "four,five", "x", "six  s");

  @TempDir private Path folder;

  private static NDArray floats(Random random, double scale, long... shape) {
    NDArray array = NDArray.allocate(TensorType.of(DType.F32, shape));
    for (long i = 0; i < array.elements(); i++) {
      array.setDouble(i, random.nextFloat() * scale);
    }
    return array;
  }

  private static NDArray texts(Random random, long count) {
    List<String> texts = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      texts.add(WORDS.get(random.nextInt(WORDS.size())));
    }
    return NDArray.ofTexts(List.of(count), texts);
  }

  private static void assertSame(ModelProto model, ModelRunner runner, Map<String, NDArray> inputs)
      throws Exception {
    List<NDArray> expected = OnnxRuntimeReference.run(model, inputs);
    List<NDArray> actual = runner.run(List.copyOf(inputs.values()));
    Closeness.assertAllClose(expected, actual, "for " + inputs.values());
  }

  /** Joined, divided, dropped, matched, moved, compared and counted. */
  @Test
  void textsOfAnyNumber() throws Exception {
    OnnxBuilder model = new OnnxBuilder("texts", 20);
    String x = model.input("x", DataType.STRING, "n");
    String y = model.input("y", DataType.STRING, "m");
    String both = model.node("Concat", x, y).integer("axis", 0).output();
    model.output(model.node("StringConcat", both, both).output(), DataType.STRING, "k");
    List<String> parts = model.node("StringSplit", x).string("delimiter", ",").outputs(2);
    model.output(parts.get(0), DataType.STRING, "n", "parts");
    model.output(parts.get(1), DataType.INT64, "n");
    String kept =
        model
            .node("StringNormalizer", y)
            .string("case_change_action", "UPPER")
            .string("locale", "C")
            .integer("is_case_sensitive", 1)
            .strings("stopwords", "x")
            .output();
    model.output(kept, DataType.STRING, "kept");
    String matched = model.node("RegexFullMatch", both).string("pattern", "[a-z ]+").output();
    model.output(matched, DataType.BOOL, "k");
    model.output(model.node("Shape", both).output(), DataType.INT64, "1");
    String first = model.node("Gather", x, model.constants(0)).integer("axis", 0).output();
    model.output(model.node("Equal", both, first).output(), DataType.BOOL, "k");
    Map<String, List<String>> open = new LinkedHashMap<>();
    open.put("x", List.of("n"));
    open.put("y", List.of("m"));
    Artifact artifact = OpenLibrary.compile(folder, model.build(), open, List.of());
    Random random = new Random(5);
    try (ModelRunner runner = artifact.load(1)) {
      for (long[] sizes : new long[][] {{3, 2}, {1, 1}, {40, 7}, {2, 33}}) {
        Map<String, NDArray> inputs = new LinkedHashMap<>();
        inputs.put("x", texts(random, sizes[0]));
        inputs.put("y", texts(random, sizes[1]));
        assertSame(model.build(), runner, inputs);
      }
    }
  }

  @Test
  void anyNumberOfRegionsOfImagesOfAnySize() throws Exception {
    OnnxBuilder model = new OnnxBuilder("regions", 16);
    String x = model.input("x", DataType.FLOAT, "n", "2", "h", "w");
    String regions = model.input("regions", DataType.FLOAT, "r", "4");
    String images = model.input("images", DataType.INT64, "r");
    String aligned =
        model
            .node("RoiAlign", x, regions, images)
            .integer("output_height", 2)
            .integer("output_width", 3)
            .real("spatial_scale", 0.5f)
            .output();
    model.output(model.node("Exp", aligned).output(), DataType.FLOAT, "r", "2", "2", "3");
    Map<String, List<String>> open = new LinkedHashMap<>();
    open.put("x", List.of("n", "2", "h", "w"));
    open.put("regions", List.of("r", "4"));
    open.put("images", List.of("r"));
    Artifact artifact = OpenLibrary.compile(folder, model.build(), open, List.of());
    Random random = new Random(6);
    try (ModelRunner runner = artifact.load(1)) {
      for (long[] sizes : new long[][] {{1, 5, 8, 3}, {3, 9, 4, 1}, {2, 20, 31, 17}}) {
        Map<String, NDArray> inputs = new LinkedHashMap<>();
        inputs.put("x", floats(random, 1, sizes[0], 2, sizes[1], sizes[2]));
        NDArray corners = floats(random, 3, sizes[3], 4);
        NDArray image = NDArray.allocate(TensorType.of(DType.I64, sizes[3]));
        for (long i = 0; i < sizes[3]; i++) {
          corners.setDouble(4 * i + 2, corners.getDouble(4 * i + 2) + 4);
          corners.setDouble(4 * i + 3, corners.getDouble(4 * i + 3) + 4);
          image.setLong(i, random.nextLong(sizes[0]));
        }
        inputs.put("regions", corners);
        inputs.put("images", image);
        assertSame(model.build(), runner, inputs);
      }
    }
  }

  /** As detectors do: the best so many, or all where there are fewer. */
  @Test
  void theBestOfAnyNumber() throws Exception {
    OnnxBuilder model = new OnnxBuilder("best", 17);
    String x = model.input("x", DataType.FLOAT, "n", "m", "2");
    String k = model.input("k", DataType.INT64, 1);
    String count =
        model.node("Gather", model.node("Shape", x).output(), model.constants(1)).output();
    String least = model.node("Min", k, count).output();
    List<String> best = model.node("TopK", x, least).integer("axis", 1).outputs(2);
    model.output(best.get(0), DataType.FLOAT, "n", "best", "2");
    model.output(best.get(1), DataType.INT64, "n", "best", "2");
    List<String> two =
        model
            .node("TopK", x, model.constants(2))
            .integer("axis", -2)
            .integer("largest", 0)
            .outputs(2);
    model.output(two.get(0), DataType.FLOAT, "n", "2", "2");
    model.output(two.get(1), DataType.INT64, "n", "2", "2");
    Map<String, List<String>> open = new LinkedHashMap<>();
    open.put("x", List.of("n", "m", "2"));
    open.put("k", List.of("1"));
    Artifact artifact = OpenLibrary.compile(folder, model.build(), open, List.of());
    Random random = new Random(8);
    try (ModelRunner runner = artifact.load(1)) {
      for (long[] sizes : new long[][] {{1, 5, 3}, {2, 1000, 300}, {3, 2, 7}, {1, 9, 0}}) {
        Map<String, NDArray> inputs = new LinkedHashMap<>();
        NDArray few = floats(random, 50, sizes[0], sizes[1], 2);
        // Of equals the first counts.
        for (long i = 0; i < few.elements(); i++) {
          few.setDouble(i, Math.rint(few.getDouble(i)));
        }
        inputs.put("x", few);
        inputs.put("k", NDArray.ofLongs(List.of(sizes[2])));
        assertSame(model.build(), runner, inputs);
      }
    }
  }

  @Test
  void treesOverAnyNumberOfRows() throws Exception {
    OnnxBuilder model = new OnnxBuilder("trees", 17);
    String x = model.input("x", DataType.FLOAT, "n", "3");
    String y =
        model
            .node("TreeEnsembleRegressor", x)
            .domain("ai.onnx.ml")
            .integer("n_targets", 1)
            .strings("nodes_modes", "BRANCH_LEQ", "LEAF", "LEAF")
            .ints("nodes_treeids", 0, 0, 0)
            .ints("nodes_nodeids", 0, 1, 2)
            .ints("nodes_featureids", 2, 0, 0)
            .ints("nodes_truenodeids", 1, 0, 0)
            .ints("nodes_falsenodeids", 2, 0, 0)
            .reals("nodes_values", List.of(0.5f, 0f, 0f))
            .ints("target_treeids", 0, 0)
            .ints("target_nodeids", 1, 2)
            .ints("target_ids", 0, 0)
            .reals("target_weights", List.of(-1f, 2f))
            .output();
    model.output(y, DataType.FLOAT, "n", "1");
    ModelProto proto =
        model.build().toBuilder()
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("ai.onnx.ml").setVersion(1))
            .build();
    Artifact artifact =
        OpenLibrary.compile(folder, proto, Map.of("x", List.of("n", "3")), List.of());
    Random random = new Random(7);
    try (ModelRunner runner = artifact.load(1)) {
      for (long rows : new long[] {1, 5, 64}) {
        assertSame(proto, runner, Map.of("x", floats(random, 1, rows, 3)));
      }
    }
  }

  /** The program finds the positions of what is not zero in matrices of several sizes. */
  @Test
  void aCProgramIsGivenWhatARunFinds() throws Exception {
    OnnxBuilder model = new OnnxBuilder("found", 17);
    String x = model.input("x", DataType.FLOAT, "n", "m");
    String found = model.node("NonZero", x).output();
    model.output(model.node("Transpose", found).output("positions"), DataType.INT64, "count", "2");
    Artifact artifact =
        OpenLibrary.compile(folder, model.build(), Map.of("x", List.of("n", "m")), List.of());
    String out = artifact.library().getParent().toString();
    Path program = folder.resolve("program");
    try {
      assertEquals(
          "",
          run(
              List.of(
                  "cc",
                  "-std=c11",
                  "-Wall",
                  "-Werror",
                  "-I" + out,
                  "src/test/c/found_positions.c",
                  "-L" + out,
                  "-l" + OpenLibrary.NAME,
                  "-Wl,-rpath," + out,
                  "-o",
                  program.toString())));
    } catch (IOException e) {
      abort("no C compiler \"cc\": " + e.getMessage());
    }
    assertEquals("right: 1x1 4x7 50x3 0x5 4x7", run(List.of(program.toString())).strip());
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return said;
    } finally {
      process.destroyForcibly();
    }
  }
}
