package org.jtvmc.compiler.onnx;

import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jtvmc.compiler.onnx.convert.OnnxNode;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** The types of a model's inputs, with the sizes that the user has given in place of symbols. */
final class InputTypes {

  private final OnnxModel model;
  private final boolean overFile;
  private final Map<String, Dim> sizes = new LinkedHashMap<>();
  private final Map<String, TensorType> bound = new LinkedHashMap<>();

  private InputTypes(OnnxModel model, boolean overFile) {
    this.model = model;
    this.overFile = overFile;
  }

  /**
   * Binds the sizes of all inputs. A symbol that one input's shape binds is bound in all others.
   *
   * @throws ModelException where a shape names no input, or does not fit the file, or an input is
   *     neither a tensor nor made of tensors
   */
  static InputTypes bind(OnnxModel model, GivenShapes shapes) {
    var types = new InputTypes(model, shapes.overFile());
    types.bind(shapes.byName());
    return types;
  }

  /**
   * Whether a tensor is an input, or one of those that it is made of, and has sizes to be given.
   */
  static boolean leavesOpen(ValueInfoProto input, String tensor) {
    if (!input.getType().hasTensorType()) {
      return tensor.equals(input.getName()) || tensor.startsWith(input.getName() + ".");
    }
    var type = input.getType().getTensorType();
    return tensor.equals(input.getName())
        && (!type.hasShape() || type.getShape().getDimList().stream().anyMatch(InputTypes::isOpen));
  }

  private void bind(Map<String, List<Dim>> shapes) {
    var declared = new LinkedHashMap<String, TensorType>();
    for (var input : model.inputs()) {
      declare(input.getName(), input.getType(), shapes, declared);
    }
    for (var name : shapes.keySet()) {
      if (!declared.containsKey(name)) {
        throw new ModelException(
            "%s has no input '%s' to give a shape to; its inputs are %s"
                .formatted(model.path(), name, String.join(", ", declared.keySet())));
      }
      unify(name, declared.get(name), shapes.get(name));
    }
    declared.forEach(
        (name, type) ->
            bound.put(name, type.withShape(bound(type, shapes.getOrDefault(name, List.of())))));
  }

  /**
   * An input as a value; adds its tensors to the parameters.
   *
   * @param known contents of tensors that are known
   */
  Expr value(ValueInfoProto input, Map<String, NDArray> known, List<Var> parameters) {
    return value(input.getName(), input.getType(), known, parameters);
  }

  private Expr value(
      String name, TypeProto type, Map<String, NDArray> known, List<Var> parameters) {
    return switch (type.getValueCase()) {
      case SEQUENCE_TYPE -> {
        var fields = new ArrayList<Expr>();
        for (int i = 0; has(name + "." + i); i++) {
          var element = type.getSequenceType().getElemType();
          fields.add(value(name + "." + i, element, known, parameters));
        }
        yield Tuple.of(fields);
      }
      case OPTIONAL_TYPE ->
          has(name) || has(name + ".0")
              ? value(name, type.getOptionalType().getElemType(), known, parameters)
              : OnnxNode.NOTHING;
      case TENSOR_TYPE, MAP_TYPE, SPARSE_TENSOR_TYPE, OPAQUE_TYPE, VALUE_NOT_SET -> {
        var parameter = new Var(name, bound.get(name));
        parameters.add(parameter);
        yield known.containsKey(name) ? new Constant(known.get(name)) : parameter;
      }
    };
  }

  private boolean has(String name) {
    return bound.keySet().stream().anyMatch(key -> key.equals(name) || key.startsWith(name + "."));
  }

  /**
   * The tensors that an input is made of. The elements of a sequence {@code x} are {@code x.0},
   * {@code x.1} and so on: as many as shapes are given for.
   */
  private void declare(
      String name,
      TypeProto type,
      Map<String, List<Dim>> shapes,
      Map<String, TensorType> declared) {
    switch (type.getValueCase()) {
      case TENSOR_TYPE -> declared.put(name, declared(name, type, shapes));
      case SEQUENCE_TYPE -> {
        var element = type.getSequenceType().getElemType();
        for (int i = 0; given(name + "." + i, shapes); i++) {
          declare(name + "." + i, shapeless(element), shapes, declared);
        }
      }
      case OPTIONAL_TYPE -> {
        if (given(name, shapes)) {
          declare(name, type.getOptionalType().getElemType(), shapes, declared);
        }
      }
      case MAP_TYPE, SPARSE_TENSOR_TYPE, OPAQUE_TYPE, VALUE_NOT_SET ->
          throw new ModelException(
              "%s: input '%s' is no tensor, which is not supported".formatted(model.path(), name));
    }
  }

  /** Elements of a sequence differ in their sizes, even where the file has one name for them. */
  private static TypeProto shapeless(TypeProto element) {
    if (!element.hasTensorType()) {
      return element;
    }
    var type = element.toBuilder();
    type.getTensorTypeBuilder().clearShape();
    return type.build();
  }

  private static boolean given(String name, Map<String, List<Dim>> shapes) {
    return shapes.keySet().stream().anyMatch(key -> key.equals(name) || key.startsWith(name + "."));
  }

  private TensorType declared(String name, TypeProto type, Map<String, List<Dim>> shapes) {
    var tensor = type.getTensorType();
    var dtype =
        OnnxTypes.dtype(tensor.getElemType())
            .orElseThrow(
                () ->
                    new ModelException(
                        "%s: input '%s' has elements of %s, which is not supported"
                            .formatted(model.path(), name, OnnxTypes.name(tensor.getElemType()))));
    if (!tensor.hasShape()) {
      var given = shapes.get(name);
      if (given == null) {
        throw new ModelException(
            "%s: input '%s' has no shape; give it with --input-shapes"
                .formatted(model.path(), name));
      }
      return new TensorType(given, dtype);
    }
    var dims = new ArrayList<Dim>();
    for (var dim : tensor.getShape().getDimList()) {
      dims.add(dim(dim, name, dims.size()));
    }
    return new TensorType(dims, dtype);
  }

  /**
   * A size is open where it is neither a sensible number (exporters write -1 and 0) nor a name
   * (they write "?" for any number of sizes that have nothing in common).
   */
  private static Dim dim(TensorShapeProto.Dimension dim, String input, int axis) {
    if (!isOpen(dim)) {
      return Dim.of(dim.getDimValue());
    }
    boolean named = dim.getDimParam().chars().anyMatch(Character::isLetterOrDigit);
    return Dim.of(named ? identifier(dim.getDimParam()) : identifier(input) + "_" + axis);
  }

  private static boolean isOpen(TensorShapeProto.Dimension dim) {
    return !dim.hasDimValue() || dim.getDimValue() <= 0;
  }

  /** Symbols appear in the text form, which has identifiers for them. */
  private static String identifier(String name) {
    var plain = name.replaceAll("[^A-Za-z0-9_]", "_");
    return plain.isEmpty() || Character.isDigit(plain.charAt(0)) ? "_" + plain : plain;
  }

  private List<Dim> bound(TensorType type, List<Dim> given) {
    var dims = new ArrayList<Dim>();
    for (int axis = 0; axis < type.rank(); axis++) {
      boolean open = axis < given.size() && (overFile || !given.get(axis).isKnown());
      dims.add(open ? given.get(axis) : bind(type.dim(axis)));
    }
    return dims;
  }

  private Dim bind(Dim dim) {
    return dim.replaceFactors(
        factor ->
            factor instanceof Dim.Symbol symbol
                ? sizes.getOrDefault(symbol.name(), symbol)
                : factor);
  }

  private void unify(String name, TensorType type, List<Dim> shape) {
    boolean fits = shape.size() == type.rank();
    for (int axis = 0; fits && axis < shape.size(); axis++) {
      Dim size = shape.get(axis);
      fits =
          switch (type.dim(axis)) {
            // An exporter that was given one image has written its number down.
            case Dim.Known known -> overFile || known.equals(size) || !size.isKnown();
            case Dim.Symbol symbol ->
                sizes.merge(symbol.name(), size, (before, now) -> before).equals(size);
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
