package org.jtvmc.compiler.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.compiler.artifact.ArtifactManifest;
import org.jtvmc.compiler.npz.Npz;
import org.jtvmc.compiler.run.FillMode;
import org.jtvmc.compiler.run.InputFiller;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.TensorType;
import picocli.CommandLine.Option;

/** What a model is run on. */
final class InputOptions {

  @Option(
      names = "--inputs",
      paramLabel = "in.npz",
      description =
          "Inputs by name, which also say the sizes that are open; those that are not in it are"
              + " filled.")
  private Path inputs;

  @Option(
      names = "--fill-mode",
      paramLabel = "MODE",
      description = "What inputs hold that are not given: zeros, ones or random (the default).")
  private FillMode fillMode = FillMode.RANDOM;

  @Option(names = "--seed", paramLabel = "N", description = "Of random inputs.")
  private long seed;

  /** The sizes of the arrays in the file, by name; none without a file. */
  Map<String, List<Long>> sizes() {
    return inputs == null ? Map.of() : Npz.sizes(inputs);
  }

  /** Contents for each input, of the sizes that {@link RunShapes} finds. */
  List<NDArray> arrays(ArtifactManifest manifest, CompilationOptions options) {
    return arrays(RunShapes.inputs(manifest, options, sizes()), manifest);
  }

  /**
   * Contents for each input.
   *
   * @param tensors of the sizes to run with; what is given by a file keeps the file's
   * @param manifest with the limits of integer inputs
   */
  List<NDArray> arrays(List<TensorInfo> tensors, ArtifactManifest manifest) {
    Map<String, TensorType> wanted = new LinkedHashMap<>();
    tensors.forEach(tensor -> wanted.put(tensor.name(), tensor.type()));
    Map<String, NDArray> given = new LinkedHashMap<>();
    if (inputs != null) {
      given.putAll(Npz.read(inputs, wanted));
    }
    if (inputs != null && given.isEmpty() && !wanted.isEmpty()) {
      throw new UsageException(
          "%s has none of the model's inputs: %s"
              .formatted(inputs, String.join(", ", wanted.keySet())));
    }
    Map<String, List<Double>> fixed = manifest.source().inputValues();
    if (fixed != null) {
      fixed.forEach((name, held) -> hold(given, name, wanted.get(name), held));
    }
    return new InputFiller(fillMode, seed, manifest.inputLimits()).fill(tensors, given);
  }

  /** What an input must hold, since the library was compiled for that. */
  private void hold(
      Map<String, NDArray> given, String name, TensorType type, List<Double> numbers) {
    NDArray array = NDArray.allocate(type);
    for (int i = 0; i < numbers.size(); i++) {
      array.setDouble(i, numbers.get(i));
    }
    NDArray other = given.put(name, array);
    if (other != null && other.data().mismatch(array.data()) >= 0) {
      throw new UsageException(
          "%s has other numbers for the input '%s' than those that the library was compiled for, %s"
              .formatted(inputs, name, numbers));
    }
  }
}
