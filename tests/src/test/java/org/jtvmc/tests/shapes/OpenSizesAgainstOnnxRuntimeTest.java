package org.jtvmc.tests.shapes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.compiler.onnx.OnnxBuilder;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.tests.operators.OnnxRuntimeReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One library runs with sizes of every kind, and refuses those that do not fit together. */
class OpenSizesAgainstOnnxRuntimeTest {

  @TempDir private Path folder;

  private Artifact compile(
      OnnxBuilder model,
      Map<String, List<String>> shapes,
      List<Map<String, List<Long>>> specialized)
      throws IOException {
    return OpenLibrary.compile(folder, model.build(), shapes, specialized);
  }

  private static Map<String, NDArray> inputs(Map<String, long[]> shapes) {
    Random random = new Random(3);
    Map<String, NDArray> inputs = new LinkedHashMap<>();
    shapes.forEach(
        (name, shape) -> {
          NDArray array = NDArray.allocate(TensorType.of(DType.F32, shape));
          for (long i = 0; i < array.elements(); i++) {
            array.setDouble(i, random.nextFloat() - 0.5);
          }
          inputs.put(name, array);
        });
    return inputs;
  }

  private static void assertSame(OnnxBuilder model, ModelRunner runner, Map<String, long[]> shapes)
      throws Exception {
    Map<String, NDArray> inputs = inputs(shapes);
    List<NDArray> expected = OnnxRuntimeReference.run(model.build(), inputs);
    List<NDArray> actual = runner.run(List.copyOf(inputs.values()));
    for (int output = 0; output < expected.size(); output++) {
      NDArray right = expected.get(output);
      NDArray found = actual.get(output);
      assertEquals(right.type(), found.type());
      for (long i = 0; i < right.elements(); i++) {
        double difference = Math.abs(right.getDouble(i) - found.getDouble(i));
        assertTrue(
            difference <= 1e-4 * Math.max(1, Math.abs(right.getDouble(i))),
            "element %d of output %d is %s, not %s, for %s"
                .formatted(i, output, found.getDouble(i), right.getDouble(i), found.type()));
      }
    }
  }

  @Test
  void imagesOfAnySizeAndNumber() throws Exception {
    OnnxBuilder model = OpenModels.images();
    Artifact artifact = compile(model, Map.of("x", List.of("n", "3", "h", "w")), List.of());
    try (ModelRunner runner = artifact.load(2)) {
      for (long[] shape :
          new long[][] {
            {1, 3, 32, 32}, {2, 3, 5, 40}, {3, 3, 1, 1}, {1, 3, 67, 33}, {1, 3, 224, 100}
          }) {
        assertSame(model, runner, Map.of("x", shape));
      }
    }
  }

  @Test
  void imagesEnlargedAndShrunk() throws Exception {
    OnnxBuilder model = OpenModels.resized();
    Map<String, List<String>> open = new LinkedHashMap<>();
    open.put("x", List.of("n", "4", "h", "w"));
    open.put("like", List.of("n", "1", "p", "q"));
    Artifact artifact = compile(model, open, List.of());
    try (ModelRunner runner = artifact.load(2)) {
      for (long[] sizes : new long[][] {{1, 8, 8, 5, 9}, {2, 3, 17, 1, 1}, {3, 10, 5, 31, 2}}) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("x", new long[] {sizes[0], 4, sizes[1], sizes[2]});
        shapes.put("like", new long[] {sizes[0], 1, sizes[3], sizes[4]});
        assertSame(model, runner, shapes);
      }
    }
  }

  @Test
  void shapesAsExportersComputeThem() throws Exception {
    OnnxBuilder model = OpenModels.shapes();
    Artifact artifact = compile(model, Map.of("x", List.of("n", "c", "6")), List.of());
    try (ModelRunner runner = artifact.load(1)) {
      for (long[] sizes : new long[][] {{1, 1}, {2, 2}, {3, 5}, {4, 3}, {2, 40}}) {
        assertSame(model, runner, Map.of("x", new long[] {sizes[0], sizes[1], 6}));
      }
    }
  }

  @Test
  void sizesThatARunDecidesOfOpenOnes() throws Exception {
    OnnxBuilder model = OpenModels.decided();
    Map<String, List<String>> open = new LinkedHashMap<>();
    open.put("x", List.of("n", "m"));
    open.put("boxes", List.of("1", "b", "4"));
    open.put("scores", List.of("1", "2", "b"));
    Artifact artifact = compile(model, open, List.of());
    try (ModelRunner runner = artifact.load(2)) {
      for (long[] sizes : new long[][] {{2, 3, 4}, {17, 5, 1}, {1, 1, 30}, {40, 33, 2}}) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("x", new long[] {sizes[0], sizes[1]});
        shapes.put("boxes", new long[] {1, sizes[2], 4});
        shapes.put("scores", new long[] {1, 2, sizes[2]});
        assertSame(model, runner, shapes);
      }
    }
    List<Map<String, List<Long>>> special =
        List.of(
            Map.of(
                "x", List.of(2L, 3L), "boxes", List.of(1L, 4L, 4L), "scores", List.of(1L, 2L, 4L)));
    ModelException e = assertThrows(ModelException.class, () -> compile(model, open, special));
    assertTrue(e.getMessage().contains("leave out --specialize"), e.getMessage());
  }

  /** Added one to the other, equal numbers are rounded in the same direction again and again. */
  @Test
  void aLongSumKeepsItsDigits() throws Exception {
    OnnxBuilder model = new OnnxBuilder("mean", 17);
    String x = model.input("x", DataType.FLOAT, "n", "100");
    String mean = model.node("ReduceMean", x).integer("keepdims", 0).output();
    model.output(mean, DataType.FLOAT, new long[0]);
    Artifact artifact = compile(model, Map.of("x", List.of("n", "100")), List.of());
    try (ModelRunner runner = artifact.load(1)) {
      for (long rows : new long[] {1, 3, 600}) {
        NDArray elements = NDArray.allocate(TensorType.of(DType.F32, rows, 100));
        for (long i = 0; i < elements.elements(); i++) {
          elements.setDouble(i, 0.8132);
        }
        assertEquals(0.8132, runner.run(List.of(elements)).getFirst().getDouble(0), 1e-4);
      }
    }
  }

  @Test
  void windowsThatDoNotFitAreRefused() throws Exception {
    OnnxBuilder model = new OnnxBuilder("window", 17);
    String x = model.input("x", DataType.FLOAT, "1", "1", "h", "8");
    String pooled = model.node("MaxPool", x).ints("kernel_shape", 3, 3).output();
    model.output(pooled, DataType.FLOAT, "1", "1", "p", "6");
    Artifact artifact = compile(model, Map.of("x", List.of("1", "1", "h", "8")), List.of());
    try (ModelRunner runner = artifact.load(1)) {
      assertSame(model, runner, Map.of("x", new long[] {1, 1, 3, 8}));
      assertRefused(
          runner, Map.of("x", new long[] {1, 1, 2, 8}), "(h - 3) must be at least 0, here -1");
    }
  }

  /** The file says 1 image of 8 x 8; the user opens that, and takes two shapes for special ones. */
  @Test
  void sizesThatTheFileFixesAreOpened() throws Exception {
    OnnxBuilder model = new OnnxBuilder("fixed", 17);
    String x = model.input("x", DataType.FLOAT, 1, 2, 8, 8);
    String means = model.node("GlobalAveragePool", model.node("Exp", x).output()).output();
    model.output(means, DataType.FLOAT, 1, 2, 1, 1);
    OnnxBuilder freed = new OnnxBuilder("freed", 17);
    String y = freed.input("x", DataType.FLOAT, "n", "2", "h", "w");
    String same = freed.node("GlobalAveragePool", freed.node("Exp", y).output()).output();
    freed.output(same, DataType.FLOAT, "n", "2", "1", "1");
    Map<String, List<String>> open = Map.of("x", List.of("n", "2", "h", "w"));
    Artifact artifact =
        compile(
            model,
            open,
            List.of(Map.of("x", List.of(1L, 2L, 8L, 8L)), Map.of("x", List.of(2L, 2L, 5L, 4L))));
    try (ModelRunner runner = artifact.load(1)) {
      for (long[] shape : new long[][] {{1, 2, 8, 8}, {2, 2, 5, 4}, {3, 2, 9, 7}}) {
        assertSame(freed, runner, Map.of("x", shape));
      }
    }
    ModelException e =
        assertThrows(
            ModelException.class,
            () -> compile(model, open, List.of(Map.of("x", List.of(1L, 3L, 8L, 8L)))));
    assertTrue(e.getMessage().contains("[1, 3, 8, 8] does not fit"), e.getMessage());
  }

  @Test
  void textsOfAnyLengthUpToTheTable() throws Exception {
    OnnxBuilder model = OpenModels.text();
    Artifact artifact =
        compile(
            model,
            Map.of("x", List.of("n", "s:0..100", "16"), "mask", List.of("n", "s")),
            List.of(Map.of("x", List.of(2L, 16L, 16L), "mask", List.of(2L, 16L))));
    try (ModelRunner runner = artifact.load(2)) {
      for (long n : new long[] {1, 2, 3}) {
        for (long s : new long[] {1, 2, 7, 16, 33, 40}) {
          assertSame(model, runner, text(n, s, s));
        }
      }
      List<NDArray> nothing = runner.run(List.copyOf(inputs(text(0, 4, 4)).values()));
      assertEquals(TensorType.of(DType.F32, 0, 4, 16), nothing.getFirst().type());
      assertRefused(runner, text(1, 41, 41), "s must be", "here 41 and 40");
      assertRefused(runner, text(1, 5, 6), "\"mask\" has size 6 along axis 1");
      assertRefused(runner, text(1, 101, 101), "size s is 101 along axis 1, not in 0 to 100");
      assertSame(model, runner, text(2, 3, 3));
    }
  }

  @Test
  void everyContextHasSizesOfItsOwn() throws Exception {
    OnnxBuilder model = OpenModels.text();
    Map<String, List<String>> open =
        Map.of("x", List.of("n", "s", "16"), "mask", List.of("n", "s"));
    Artifact artifact = compile(model, open, List.of());
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Future<?>> runs =
          List.of(5L, 12L, 31L).stream()
              .<Future<?>>map(length -> threads.submit(() -> runOften(model, artifact, length)))
              .toList();
      for (Future<?> run : runs) {
        run.get();
      }
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    }
  }

  private static Void runOften(OnnxBuilder model, Artifact artifact, long length) throws Exception {
    try (ModelRunner runner = artifact.load(1)) {
      for (long s = length; s > length - 5; s--) {
        assertSame(model, runner, text(2, s, s));
      }
    }
    return null;
  }

  @Test
  void partsSideBySide() throws Exception {
    OnnxBuilder model = OpenModels.parts();
    Artifact artifact =
        compile(model, Map.of("a", List.of("n", "p"), "b", List.of("n", "q")), List.of());
    try (ModelRunner runner = artifact.load(1)) {
      for (long[] sizes : new long[][] {{1, 2, 3}, {4, 1, 1}, {3, 0, 5}, {2, 17, 1}, {0, 2, 2}}) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("a", new long[] {sizes[0], sizes[1]});
        shapes.put("b", new long[] {sizes[0], sizes[2]});
        assertSame(model, runner, shapes);
      }
    }
  }

  private static Map<String, long[]> text(long batch, long length, long maskLength) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("x", new long[] {batch, length, 16});
    shapes.put("mask", new long[] {batch, maskLength});
    return shapes;
  }

  private static void assertRefused(
      ModelRunner runner, Map<String, long[]> shapes, String... parts) {
    List<NDArray> arguments = List.copyOf(inputs(shapes).values());
    String message = assertThrows(CodegenException.class, () -> runner.run(arguments)).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }
}
