package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.npz.Npz;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.file.TemporaryFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code run}: runs once. */
@Command(name = "run", description = "Runs a model once.")
final class RunCommand extends Verb {

  private static final int SHOWN = 8;

  @Parameters(
      paramLabel = "MODEL|OUT",
      description = "A model, which is compiled first, or what compile has written.")
  private String model;

  @Mixin private InputOptions inputs;

  @Option(names = "--outputs", paramLabel = "out.npz", description = "Where the outputs go.")
  private Path outputs;

  @Mixin private CompilationOptions compilation;

  @Override
  public Integer call() {
    try (TemporaryFolder scratch = TemporaryFolder.create()) {
      Artifact artifact =
          ModelOrArtifact.artifact(
              model, compilation, inputs, Machine.detect(), this, scratch.path());
      try (ModelRunner runner = artifact.load(compilation.threads())) {
        List<NDArray> arrays = inputs.arrays(artifact.manifest(), compilation);
        List<NDArray> results = runner.run(arrays);
        if (outputs != null) {
          Map<String, NDArray> named = new LinkedHashMap<>();
          for (int i = 0; i < results.size(); i++) {
            named.put(runner.outputs().get(i).name(), results.get(i));
          }
          Npz.write(outputs, named);
        }
        report(runner.outputs(), results);
      }
    }
    return ExitCode.DONE;
  }

  private void report(List<TensorInfo> infos, List<NDArray> results) {
    ObjectNode document = object();
    document.put("model", model);
    ArrayNode list = document.putArray("outputs");
    for (int i = 0; i < results.size(); i++) {
      NDArray result = results.get(i);
      TensorInfo info = infos.get(i);
      ObjectNode entry = TensorNodes.describe(list.addObject(), info.name(), result.type());
      ArrayNode first = entry.putArray("first");
      StringBuilder text = new StringBuilder();
      for (int j = 0; j < Math.min(SHOWN, result.elements()); j++) {
        if (result.dtype().isString()) {
          first.add(result.text(j));
          text.append(j == 0 ? "" : " ").append('"').append(result.text(j)).append('"');
          continue;
        }
        double value = result.getDouble(j);
        first.add(value);
        text.append(j == 0 ? "" : " ").append("%.6g".formatted(value));
      }
      if (!json()) {
        line(
            "%s %s: %s%s",
            info.name(), result.type(), text, result.elements() > SHOWN ? " ..." : "");
      }
    }
    if (outputs != null) {
      document.put("outputs_file", outputs.toString());
    }
    if (json()) {
      print(document);
    }
  }
}
