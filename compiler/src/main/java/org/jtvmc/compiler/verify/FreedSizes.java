package org.jtvmc.compiler.verify;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.compiler.onnx.OnnxModel;

/**
 * A model without the sizes that its file has written down, for runs with others: exporters that
 * were given one image write down its number.
 */
final class FreedSizes {

  private FreedSizes() {}

  /**
   * The model's bytes; external data stays where it is.
   *
   * @param shapes of the inputs, by name
   * @return empty where the file allows the shapes
   */
  static Optional<byte[]> of(Path file, Map<String, List<Long>> shapes) {
    ModelProto proto = OnnxModel.read(file).proto();
    boolean fits =
        proto.getGraph().getInputList().stream()
            .allMatch(
                input ->
                    !shapes.containsKey(input.getName())
                        || allows(input, shapes.get(input.getName())));
    return fits ? Optional.empty() : Optional.of(freed(proto, shapes).toByteArray());
  }

  private static boolean allows(ValueInfoProto input, List<Long> shape) {
    List<TensorShapeProto.Dimension> sizes =
        input.getType().getTensorType().getShape().getDimList();
    for (int axis = 0; axis < Math.min(sizes.size(), shape.size()); axis++) {
      // Exporters write 0 and -1 for a size that they leave open.
      long written = sizes.get(axis).getDimValue();
      if (written > 0 && written != shape.get(axis)) {
        return false;
      }
    }
    return true;
  }

  private static ModelProto freed(ModelProto proto, Map<String, List<Long>> shapes) {
    ModelProto.Builder model = proto.toBuilder();
    var graph = model.getGraphBuilder().clearValueInfo();
    graph.getInputBuilderList().stream()
        .filter(input -> shapes.containsKey(input.getName()))
        .forEach(FreedSizes::free);
    graph.getOutputBuilderList().forEach(FreedSizes::free);
    return model.build();
  }

  private static void free(ValueInfoProto.Builder value) {
    if (value.getType().getTensorType().hasShape()) {
      value
          .getTypeBuilder()
          .getTensorTypeBuilder()
          .getShapeBuilder()
          .getDimBuilderList()
          .forEach(TensorShapeProto.Dimension.Builder::clearValue);
    }
  }
}
