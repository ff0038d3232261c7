package org.jtvmc.compiler.onnx;

import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** The types of a model's inputs, with the sizes that the user has given in place of symbols. */
final class InputTypes {

  private final OnnxModel model;
  private final Map<String, Long> sizes = new LinkedHashMap<>();

  private InputTypes(OnnxModel model) {
    this.model = model;
  }

  /**
   * The type of each input. A symbol that one input's shape binds is bound in all others.
   *
   * @throws ModelException where a shape names no input, or does not fit the file, or an input is
   *     no tensor
   */
  static Map<String, TensorType> bind(OnnxModel model, Map<String, List<Long>> shapes) {
    return new InputTypes(model).bind(shapes);
  }

  private Map<String, TensorType> bind(Map<String, List<Long>> shapes) {
    var declared = new LinkedHashMap<String, TensorType>();
    model.inputs().forEach(input -> declared.put(input.getName(), declared(input, shapes)));
    for (var name : shapes.keySet()) {
      if (!declared.containsKey(name)) {
        throw new ModelException(
            "%s has no input '%s' to give a shape to; its inputs are %s"
                .formatted(model.path(), name, String.join(", ", declared.keySet())));
      }
      unify(name, declared.get(name), shapes.get(name));
    }
    var bound = new LinkedHashMap<String, TensorType>();
    declared.forEach(
        (name, type) ->
            bound.put(
                name, type.withShape(type.shape().stream().map(dim -> dim.bind(sizes)).toList())));
    return bound;
  }

  private TensorType declared(ValueInfoProto input, Map<String, List<Long>> shapes) {
    if (!input.getType().hasTensorType()) {
      throw new ModelException(
          "%s: input '%s' is no tensor, which is not supported"
              .formatted(model.path(), input.getName()));
    }
    var tensor = input.getType().getTensorType();
    var dtype =
        OnnxTypes.dtype(tensor.getElemType())
            .orElseThrow(
                () ->
                    new ModelException(
                        "%s: input '%s' has elements of %s, which is not supported"
                            .formatted(
                                model.path(),
                                input.getName(),
                                OnnxTypes.name(tensor.getElemType()))));
    if (!tensor.hasShape()) {
      var given = shapes.get(input.getName());
      if (given == null) {
        throw new ModelException(
            "%s: input '%s' has no shape; give it with --input-shapes"
                .formatted(model.path(), input.getName()));
      }
      return new TensorType(given.stream().map(Dim::of).toList(), dtype);
    }
    var dims = new ArrayList<Dim>();
    for (var dim : tensor.getShape().getDimList()) {
      dims.add(dim(dim, input.getName(), dims.size()));
    }
    return new TensorType(dims, dtype);
  }

  /**
   * A size is open where it is neither a sensible number (exporters write -1 and 0) nor a name
   * (they write "?" for any number of sizes that have nothing in common).
   */
  private static Dim dim(TensorShapeProto.Dimension dim, String input, int axis) {
    if (dim.hasDimValue() && dim.getDimValue() > 0) {
      return Dim.of(dim.getDimValue());
    }
    boolean named = dim.getDimParam().chars().anyMatch(Character::isLetterOrDigit);
    return Dim.of(named ? identifier(dim.getDimParam()) : identifier(input) + "_" + axis);
  }

  /** Symbols appear in the text form, which has identifiers for them. */
  private static String identifier(String name) {
    var plain = name.replaceAll("[^A-Za-z0-9_]", "_");
    return plain.isEmpty() || Character.isDigit(plain.charAt(0)) ? "_" + plain : plain;
  }

  private void unify(String name, TensorType type, List<Long> shape) {
    boolean fits = shape.size() == type.rank() && shape.stream().allMatch(size -> size >= 0);
    for (int axis = 0; fits && axis < shape.size(); axis++) {
      long size = shape.get(axis);
      fits =
          switch (type.dim(axis)) {
            case Dim.Known(long known) -> known == size;
            case Dim.Symbol(String symbol) ->
                sizes.merge(symbol, size, (before, now) -> before) == size;
            case Dim.Derived _ -> true;
          };
    }
    if (!fits) {
      throw new ModelException(
          "%s: input '%s' has the shape %s, which %s does not fit"
              .formatted(
                  model.path(),
                  name,
                  type.shape().stream()
                      .map(Dim::toString)
                      .collect(Collectors.joining(", ", "[", "]")),
                  shape));
    }
  }
}
