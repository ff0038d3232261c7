package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.passes.Precision;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.compiler.run.StepwiseModel;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.compiler.verify.KernelCheck;
import org.jtvmc.compiler.verify.OnnxRuntimeSession;
import org.jtvmc.compiler.verify.OutputComparison;
import org.jtvmc.compiler.verify.OutputComparison.Tolerance;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.file.TemporaryFolder;
import org.jtvmc.ir.interpret.GraphEvaluator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code verify}: compares outputs with those of a reference. */
@Command(name = "verify", description = "Compares a compiled model's outputs with a reference.")
final class VerifyCommand extends Verb {

  /** Who else computes the outputs. */
  enum Reference {
    ONNXRUNTIME,
    INTERPRETER
  }

  @Parameters(
      paramLabel = "MODEL|OUT",
      description = "A model, which is compiled first, or what compile has written.")
  private String model;

  @Option(
      names = "--reference",
      paramLabel = "R",
      description = "onnxruntime (the default for ONNX models) or interpreter.")
  private Reference reference;

  @Option(
      names = "--atol",
      paramLabel = "A",
      description = "Absolute tolerance; 1e-4, with bf16 0.1, with fp16 0.02.")
  private Double atol;

  @Option(
      names = "--rtol",
      paramLabel = "R",
      description = "Relative tolerance; 1e-3, with bf16 0.05, with fp16 0.01.")
  private Double rtol;

  @Option(
      names = "--per-node",
      description = "Also compare each kernel with the interpreter, on what it is given.")
  private boolean perNode;

  @Mixin private InputOptions inputs;

  @Mixin private CompilationOptions compilation;

  @Override
  public Integer call() {
    if ((atol != null && !(atol >= 0)) || (rtol != null && !(rtol >= 0))) {
      throw new UsageException("--atol and --rtol are numbers of at least 0");
    }
    try (TemporaryFolder scratch = TemporaryFolder.create()) {
      Machine machine = Machine.detect();
      Artifact artifact =
          ModelOrArtifact.artifact(model, compilation, inputs, machine, this, scratch.path());
      ModelSource source = source(artifact.manifest().source());
      Reference chosen = reference(source);
      List<OutputComparison> comparisons = compare(artifact, source, chosen);
      List<OutputComparison> nodes = perNode ? nodes(artifact, machine, scratch) : List.of();
      boolean ok =
          Stream.concat(comparisons.stream(), nodes.stream()).allMatch(OutputComparison::ok);
      report(comparisons, nodes, chosen, ok);
      return ok ? ExitCode.DONE : ExitCode.VERIFICATION_FAILED;
    }
  }

  private Reference reference(ModelSource source) {
    boolean onnx = source.format() == ModelSource.Format.ONNX;
    if (reference == null) {
      return onnx ? Reference.ONNXRUNTIME : Reference.INTERPRETER;
    }
    if (reference == Reference.ONNXRUNTIME && !onnx) {
      throw new UsageException(
          "%s is no ONNX model, so that onnxruntime cannot run it; use --reference interpreter"
              .formatted(source.reference()));
    }
    return reference;
  }

  private List<OutputComparison> compare(Artifact artifact, ModelSource source, Reference chosen) {
    try (ModelRunner runner = artifact.load(compilation.threads())) {
      List<NDArray> arguments = inputs.arrays(artifact.manifest(), compilation);
      List<NDArray> actual = runner.run(arguments);
      List<NDArray> expected =
          switch (chosen) {
            case ONNXRUNTIME -> onnxRuntime(source, runner, arguments, actual);
            case INTERPRETER ->
                GraphEvaluator.outputs(
                    source.load(
                        artifact.manifest().source().shapes(),
                        OnnxRuntimeSession.shapes(runner.inputs(), arguments)),
                    arguments);
          };
      List<OutputComparison> comparisons = new ArrayList<>();
      for (int i = 0; i < actual.size(); i++) {
        TensorInfo output = runner.outputs().get(i);
        comparisons.add(
            OutputComparison.of(
                output.name(), actual.get(i), expected.get(i), tolerance(artifact)));
      }
      return comparisons;
    }
  }

  private List<OutputComparison> nodes(
      Artifact artifact, Machine machine, TemporaryFolder scratch) {
    RebuiltModel rebuilt = RebuiltModel.of(artifact.manifest(), machine, this, scratch.path());
    List<NDArray> arguments = inputs.arrays(artifact.manifest(), compilation);
    int threads = artifact.manifest().numThreads();
    try (StepwiseModel steps = StepwiseModel.of(rebuilt.model(), arguments, threads)) {
      return KernelCheck.compare(rebuilt.model(), rebuilt.module(), steps, tolerance(artifact));
    }
  }

  /** What the user says, else what the precision allows. */
  private Tolerance tolerance(Artifact artifact) {
    Precision precision = artifact.manifest().source().precision();
    return new Tolerance(
        atol == null ? precision.absoluteTolerance() : atol,
        rtol == null ? precision.relativeTolerance() : rtol);
  }

  private static List<NDArray> onnxRuntime(
      ModelSource source, ModelRunner runner, List<NDArray> arguments, List<NDArray> actual) {
    List<TensorInfo> outputs = new ArrayList<>();
    for (int i = 0; i < actual.size(); i++) {
      outputs.add(runner.outputs().get(i).withType(actual.get(i).type()));
    }
    int threads = Runtime.getRuntime().availableProcessors();
    Map<String, List<Long>> shapes = OnnxRuntimeSession.shapes(runner.inputs(), arguments);
    try (OnnxRuntimeSession session = new OnnxRuntimeSession(source.file(), shapes, threads);
        OnnxRuntimeSession.Bound bound = session.bind(runner.inputs(), arguments)) {
      return bound.results(outputs);
    }
  }

  private void report(
      List<OutputComparison> outputs, List<OutputComparison> nodes, Reference chosen, boolean ok) {
    String name = chosen.name().toLowerCase(Locale.ROOT);
    if (json()) {
      ObjectNode document = object();
      document.put("ok", ok);
      document.put("reference", name);
      ArrayNode list = document.putArray("outputs");
      outputs.forEach(comparison -> fill(list.addObject(), comparison));
      if (perNode) {
        ArrayNode kernels = document.putArray("nodes");
        nodes.forEach(comparison -> fill(kernels.addObject(), comparison));
      }
      print(document);
      return;
    }
    nodes.forEach(this::show);
    outputs.forEach(this::show);
    line("%s", ok ? "equal to " + name : "differs from " + name);
  }

  private static void fill(ObjectNode entry, OutputComparison comparison) {
    entry.put("name", comparison.name());
    // JSON has no infinity.
    entry.put("max_abs", Math.min(comparison.maxAbs(), Double.MAX_VALUE));
    entry.put("max_rel", Math.min(comparison.maxRel(), Double.MAX_VALUE));
    entry.put("ok", comparison.ok());
    entry.put("elements", comparison.elements());
    entry.put("wrong", comparison.wrong());
  }

  private void show(OutputComparison comparison) {
    line(
        "%s %s: largest difference %.3g absolute, %.3g relative; %d of %d elements too far off",
        comparison.ok() ? "ok    " : "WRONG ",
        comparison.name(),
        comparison.maxAbs(),
        comparison.maxRel(),
        comparison.wrong(),
        comparison.elements());
  }
}
