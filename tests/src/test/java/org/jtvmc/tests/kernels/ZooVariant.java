package org.jtvmc.tests.kernels;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.onnx.GivenShapes;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.compiler.passes.Precision;
import org.jtvmc.compiler.pipeline.TaskExtraction;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.target.Target;
import org.jtvmc.tuner.task.TuningTask;

/**
 * A model of the zoo for inputs of some shape, in some precision.
 *
 * @param text as it was written
 */
record ZooVariant(
    String text, ModelSource source, Map<String, List<Long>> shapes, Precision precision) {

  /**
   * @param text {@code NAME}, {@code NAME@SHAPE} with all inputs of that shape, either with {@code
   *     /PRECISION} behind it: {@code minilm@1x16/fp16}
   */
  static ZooVariant of(String text) {
    String[] parts = text.split("/", 2);
    String[] named = parts[0].split("@", 2);
    ModelSource source = ModelSource.of("zoo:" + named[0]);
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    if (named.length > 1) {
      List<Long> shape = Stream.of(named[1].split("x")).map(Long::valueOf).toList();
      for (Var parameter : source.load(Map.of()).main().parameters()) {
        shapes.put(parameter.name(), shape);
      }
    }
    String precision = parts.length > 1 ? parts[1] : "fp32";
    return new ZooVariant(
        text, source, shapes, Precision.valueOf(precision.toUpperCase(Locale.ROOT)));
  }

  IRModule imported() {
    return source.load(shapes);
  }

  /** Its distinct kernels on a target. */
  List<TuningTask> tasks(Target target) {
    return TaskExtraction.tasks(GraphPipeline.standard(precision, target).run(imported()));
  }

  /** As {@code jtvmc compile} takes it. */
  CompileOptions options(Target target) {
    return CompileOptions.builder(source.name(), target)
        .shapes(GivenShapes.of(shapes))
        .precision(precision)
        .build();
  }
}
