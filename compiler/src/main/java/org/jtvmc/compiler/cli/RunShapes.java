package org.jtvmc.compiler.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.compiler.artifact.ArtifactManifest;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** The sizes with which a compiled model is run, where it leaves them open. */
final class RunShapes {

  private RunShapes() {}

  /**
   * The inputs with the sizes that {@code --input-shapes} gives, else those of the arrays that they
   * are to hold, else the usual ones. A size that one input's shape gives holds for all inputs.
   *
   * @param arrays the sizes of what is given for inputs, by name
   * @throws UsageException where a shape is no shape of the input
   */
  static List<TensorInfo> inputs(
      ArtifactManifest manifest, CompilationOptions options, Map<String, List<Long>> arrays) {
    Map<String, List<Dim>> given = given(manifest, options, arrays);
    Map<String, Long> sizes = new HashMap<>();
    for (ArtifactManifest.TensorEntry input : manifest.inputs()) {
      List<Dim> shape = given.get(input.name());
      if (input.sizes() != null && shape != null && shape.stream().allMatch(Dim::isKnown)) {
        collect(input, shape, sizes);
      }
    }
    List<TensorInfo> inputs = new ArrayList<>();
    for (ArtifactManifest.TensorEntry input : manifest.inputs()) {
      DType dtype = DType.parse(input.dtype());
      TensorType type = TensorType.of(dtype, shape(input, given.get(input.name()), sizes));
      inputs.add(new TensorInfo(input.name(), type, dtype.bytes()));
    }
    return inputs;
  }

  private static Map<String, List<Dim>> given(
      ArtifactManifest manifest, CompilationOptions options, Map<String, List<Long>> arrays) {
    Map<String, List<Dim>> said = options.shapes().given().byName();
    Map<String, List<Dim>> given = new HashMap<>(said);
    for (ArtifactManifest.TensorEntry input : manifest.inputs()) {
      List<Dim> shape = said.getOrDefault(input.name(), List.of());
      List<Long> array = arrays.get(input.name());
      boolean isNumbers = !shape.isEmpty() && shape.stream().allMatch(Dim::isKnown);
      if (input.sizes() != null && array != null && !isNumbers) {
        given.put(input.name(), array.stream().map(Dim::of).toList());
      }
    }
    return given;
  }

  private static void collect(
      ArtifactManifest.TensorEntry input, List<Dim> shape, Map<String, Long> sizes) {
    if (shape.size() != input.shape().size()) {
      throw new UsageException(
          "input '%s' has %d dimensions, %s, not those of %s"
              .formatted(input.name(), input.shape().size(), input.sizes(), shape));
    }
    for (int axis = 0; axis < shape.size(); axis++) {
      sizes.put(input.sizes().get(axis), shape.get(axis).value());
    }
  }

  private static long[] shape(
      ArtifactManifest.TensorEntry input, List<Dim> given, Map<String, Long> sizes) {
    long[] shape = input.shape().stream().mapToLong(Long::longValue).toArray();
    for (int axis = 0; input.sizes() != null && axis < shape.length; axis++) {
      boolean own = given != null && given.get(axis).isKnown();
      shape[axis] =
          own
              ? given.get(axis).value()
              : sizes.getOrDefault(input.sizes().get(axis), input.usual().get(axis));
    }
    return shape;
  }
}
