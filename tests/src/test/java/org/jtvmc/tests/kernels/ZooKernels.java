package org.jtvmc.tests.kernels;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.compiler.passes.Precision;
import org.jtvmc.compiler.pipeline.TaskExtraction;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.tuner.task.TuningTask;

/**
 * The distinct kernels of models of the zoo, those that the system property {@code
 * jtvmc.device.models} names: each as {@code NAME}, as {@code NAME@SHAPE} with inputs of that
 * shape, or as {@code NAME@SHAPE/PRECISION}, such as {@code minilm@1x16/FP16}.
 */
final class ZooKernels {
  /** Small images leave odd edges, and the same strides and paddings. */
  private static final String USUAL = "ppocr-cls@1x3x48x40 minilm@1x9 minilm@1x16/FP16";

  private ZooKernels() {}

  /** The kernels by model, number and name. */
  static Map<String, ComputeDag> chosen() {
    Map<String, ComputeDag> kernels = new LinkedHashMap<>();
    for (String model : System.getProperty("jtvmc.device.models", USUAL).split(" ")) {
      for (TuningTask task : TaskExtraction.tasks(fused(model))) {
        kernels.put(model + " " + task.id() + " " + task.name(), task.dag());
      }
    }
    return kernels;
  }

  private static IRModule fused(String model) {
    String[] parts = model.split("[@/]");
    ModelSource source = ModelSource.of("zoo:" + parts[0]);
    IRModule module = source.load(Map.of());
    if (parts.length > 1) {
      List<Long> shape = Stream.of(parts[1].split("x")).map(Long::valueOf).toList();
      Map<String, List<Long>> shapes = new LinkedHashMap<>();
      for (Var parameter : module.main().parameters()) {
        shapes.put(parameter.name(), shape);
      }
      module = source.load(shapes);
    }
    Precision precision = Precision.valueOf(parts.length > 2 ? parts[2] : "FP32");
    return GraphPipeline.standard(precision).run(module);
  }
}
