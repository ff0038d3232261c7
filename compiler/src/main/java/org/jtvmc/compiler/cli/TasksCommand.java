package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.stream.Collectors;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.compiler.pipeline.TaskExtraction;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.pass.PassManager;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.tuner.task.TuningTask;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tasks}: what {@code tune} would tune. */
@Command(name = "tasks", description = "Lists a model's tuning tasks.")
final class TasksCommand extends Verb {

  @Parameters(paramLabel = "MODEL", description = "An .onnx or .relay file, or zoo:NAME.")
  private String model;

  @Option(
      names = "--target",
      paramLabel = "T",
      defaultValue = "llvm",
      description = "What would be tuned for: what is fused depends on it; llvm is this machine.")
  private String target;

  @Mixin private ShapeOptions shapes;

  @Mixin private PrecisionOption precision;

  @Override
  public Integer call() {
    ModelSource source = source(model);
    List<IRModule> modules = shapes.modules(source);
    PassManager<IRModule> pipeline =
        GraphPipeline.standard(precision.value(), Machine.detect().target(target, 0));
    List<TuningTask> tasks = TaskExtraction.tasks(modules.stream().map(pipeline::run).toList());
    if (json()) {
      ObjectNode document = object();
      document.put("model", source.reference());
      ArrayNode list = document.putArray("tasks");
      for (TuningTask task : tasks) {
        ObjectNode entry = list.addObject();
        entry.put("id", task.id());
        entry.put("name", task.name());
        entry.put("workload", task.workload());
        entry.put("shape", shape(task));
        entry.put("weight", task.weight());
        entry.put("flop", task.flops());
      }
      print(document);
      return ExitCode.DONE;
    }
    line("%4s %6s %10s  %s", "id", "weight", "MFLOP", "task");
    for (TuningTask task : tasks) {
      line(
          "%4d %6d %10.2f  %s  %s",
          task.id(), task.weight(), task.flops() / 1e6, task.name(), shape(task));
    }
    return ExitCode.DONE;
  }

  private static String shape(TuningTask task) {
    return task.dag().outputs().stream()
        .map(Tensor::shape)
        .map(sizes -> sizes.stream().map(Object::toString).collect(Collectors.joining("x")))
        .collect(Collectors.joining(", "));
  }
}
