package org.jtvmc.compiler.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jtvmc.compiler.onnx.GivenShapes;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.graph.IRModule;
import picocli.CommandLine.Option;

/** What a user says of a model's sizes. */
final class ShapeOptions {

  @Option(
      names = "--input-shapes",
      paramLabel = "\"x:[1,3]\"",
      converter = InputShapes.Converter.class,
      description =
          "Shapes of inputs whose sizes the model leaves open; a name leaves a size open:"
              + " \"x:[n:1..8,3,h,w]\". For what is compiled already: the sizes to run with.")
  private InputShapes shapes = InputShapes.NONE;

  @Option(
      names = "--specialize",
      paramLabel = "\"x:[1,3]\"",
      converter = InputShapes.Converter.class,
      description = "Shapes that get code of their own, where sizes are open; may be repeated.")
  private List<InputShapes> specialized = new ArrayList<>();

  GivenShapes given() {
    return shapes.given();
  }

  /** The shapes that get code of their own. */
  List<Map<String, List<Long>>> specialized() {
    return specialized.stream().map(InputShapes::byName).toList();
  }

  /** The model as it is to be compiled, and for each of the shapes that get code of their own. */
  List<IRModule> modules(ModelSource source) {
    List<IRModule> modules = new ArrayList<>(List.of(source.load(given())));
    specialized().forEach(numbers -> modules.add(source.load(given(), numbers)));
    return modules;
  }
}
