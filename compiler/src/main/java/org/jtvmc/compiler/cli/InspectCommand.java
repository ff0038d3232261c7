package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jtvmc.compiler.onnx.OnnxImporter.Unsupported;
import org.jtvmc.compiler.source.ModelInspection;
import org.jtvmc.compiler.source.ModelInspection.Tensor;
import org.jtvmc.compiler.source.ModelSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code inspect}: what a model is made of. */
@Command(
    name = "inspect",
    description = "Shows a model's inputs, outputs, parameters, FLOPs and operators.")
final class InspectCommand extends Verb {

  @Parameters(paramLabel = "MODEL", description = "An .onnx or .relay file, or zoo:NAME.")
  private String model;

  @Option(
      names = "--input-shapes",
      paramLabel = "\"x:[1,3]\"",
      converter = InputShapes.Converter.class,
      description = "Shapes of inputs whose sizes the model leaves open.")
  private InputShapes shapes = InputShapes.NONE;

  @Override
  public Integer call() {
    ModelSource source = source(model);
    ModelInspection inspection = ModelInspection.of(source, shapes.byName());
    if (json()) {
      print(document(source, inspection));
    } else {
      show(source, inspection);
    }
    return ExitCode.DONE;
  }

  private static ObjectNode document(ModelSource source, ModelInspection inspection) {
    ObjectNode document = object();
    document.put("model", source.reference());
    tensors(document.putArray("inputs"), inspection.inputs());
    tensors(document.putArray("outputs"), inspection.outputs());
    if (!source.contents().isEmpty()) {
      ObjectNode values = document.putObject("input_values");
      source.contents().forEach((input, held) -> held.forEach(values.withArray(input)::add));
    }
    document.put("parameters", inspection.parameters());
    if (inspection.flop().isPresent()) {
      document.put("flop", inspection.flop().getAsDouble());
    } else {
      document.putNull("flop");
    }
    ObjectNode operators = document.putObject("operators");
    inspection.operators().forEach(operators::put);
    ArrayNode unsupported = document.putArray("unsupported");
    for (Unsupported operator : inspection.unsupported()) {
      ArrayNode nodes =
          unsupported.addObject().put("operator", operator.operator()).putArray("nodes");
      operator.nodes().forEach(nodes::add);
    }
    inspection.obstacle().ifPresent(obstacle -> document.put("obstacle", obstacle));
    return document;
  }

  private static void tensors(ArrayNode array, List<Tensor> tensors) {
    for (Tensor tensor : tensors) {
      ArrayNode shape =
          array
              .addObject()
              .put("name", tensor.name())
              .put("dtype", tensor.dtype())
              .putArray("shape");
      for (String size : tensor.shape()) {
        if (size.matches("\\d{1,18}")) {
          shape.add(Long.parseLong(size));
        } else {
          shape.add(size);
        }
      }
    }
  }

  private void show(ModelSource source, ModelInspection inspection) {
    line("%s", source.reference());
    inspection.inputs().forEach(tensor -> line("  input   %s", text(tensor)));
    source.contents().forEach((input, held) -> line("  %s holds %s in every run", input, held));
    inspection.outputs().forEach(tensor -> line("  output  %s", text(tensor)));
    line("  parameters  %,d", inspection.parameters());
    inspection.flop().ifPresent(flop -> line("  FLOPs       %.4g per run", flop));
    inspection.operators().forEach((name, count) -> line("  %5d  %s", count, name));
    for (Unsupported operator : inspection.unsupported()) {
      line("  unsupported: %s (%s)", operator.operator(), String.join(", ", operator.nodes()));
    }
    inspection
        .obstacle()
        .ifPresent(obstacle -> line("  not to be compiled as it is: %s", obstacle));
  }

  private static String text(Tensor tensor) {
    return "%s: %s[%s]".formatted(tensor.name(), tensor.dtype(), String.join(", ", tensor.shape()));
  }
}
