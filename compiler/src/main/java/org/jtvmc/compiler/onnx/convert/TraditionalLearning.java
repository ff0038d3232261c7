package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.op.host.TextBlob;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/**
 * Operators of {@code ai.onnx.ml}, the set for what is no neural network.
 *
 * @see <a href="https://onnx.ai/onnx/operators/index.html#ai-onnx-ml">ai.onnx.ml</a>
 */
final class TraditionalLearning {

  private static final String DOMAIN = "ai.onnx.ml";

  private TraditionalLearning() {}

  static List<Conversion> all() {
    return List.of(
        new Conversion(DOMAIN, "ArrayFeatureExtractor", 1, node -> List.of(extract(node))),
        new Conversion(DOMAIN, "Binarizer", 1, node -> List.of(binarize(node))),
        new Conversion(DOMAIN, "LabelEncoder", 2, node -> List.of(encodeLabels(node))));
  }

  /** Columns of the last dimension. */
  private static Expr extract(OnnxNode node) {
    Composer c = new Composer(node);
    Expr data = node.rank(0) == 1 ? c.expandDims(node.input(0), 0) : node.input(0);
    return c.take(data, c.reshape(node.input(1), -1), c.rank(data) - 1);
  }

  private static Expr binarize(OnnxNode node) {
    Composer c = new Composer(node);
    Expr threshold = c.scalar(node.input(0), node.real("threshold", 0));
    return c.castLike(node.call("greater", node.input(0), threshold), node.input(0));
  }

  /** A value for every key, and one for what is no key. */
  static Expr encodeLabels(OnnxNode node) {
    Composer c = new Composer(node);
    NDArray keys =
        given(node, "keys").orElseThrow(() -> node.fault("has no keys, which is not supported"));
    NDArray values =
        given(node, "values")
            .orElseThrow(() -> node.fault("has no values, which is not supported"));
    long count = keys.elements();
    if (values.elements() != count) {
      throw node.fault("has %d keys and %d values".formatted(count, values.elements()));
    }
    return look(node, c, values, place(node, c, keys, count));
  }

  /** The position of the key that each element is; their number where it is none. */
  private static Expr place(OnnxNode node, Composer c, NDArray keys, long count) {
    Expr x = node.input(0);
    if (keys.dtype().isString()) {
      Expr found = node.call("host.text_find", x, node.value(TextBlob.of(keys.texts())));
      Expr none = node.call("less", found, c.scalar(found, 0));
      return c.where(none, c.scalar(found, count), found);
    }
    Expr all = c.cast(node.value(keys.reshape(TensorType.of(keys.dtype(), count))), c.dtype(x));
    Expr elements = c.expandDims(x, c.rank(x));
    Expr same = node.call("equal", elements, all);
    if (c.dtype(x).isFloat()) {
      Expr bothNan =
          node.call("logical_and", node.call("isnan", elements), node.call("isnan", all));
      same = node.call("logical_or", same, bothNan);
    }
    Expr places = c.range(DType.I64, count);
    return c.reduce("min", c.where(same, places, c.scalar(places, count)), false, c.rank(x));
  }

  private static Expr look(OnnxNode node, Composer c, NDArray values, Expr places) {
    if (values.dtype().isString()) {
      List<String> texts = new ArrayList<>(values.texts());
      texts.add(
          node.tensor("default_tensor")
              .map(tensor -> tensor.text(0))
              .orElse(node.text("default_string", "_Unused")));
      return Texts.take(
          node, node.value(NDArray.ofTexts(List.of((long) texts.size()), texts)), places);
    }
    long count = values.elements();
    NDArray table = NDArray.allocate(TensorType.of(values.dtype(), count + 1));
    for (long i = 0; i < count; i++) {
      set(table, i, values, i);
    }
    Optional<NDArray> otherwise = node.tensor("default_tensor");
    if (otherwise.isPresent()) {
      set(table, count, otherwise.get(), 0);
    } else if (values.dtype().isFloat()) {
      table.setDouble(count, node.real("default_float", -0.0));
    } else {
      table.setLong(count, node.integer("default_int64", -1));
    }
    return c.take(node.value(table), places, 0);
  }

  private static void set(NDArray to, long at, NDArray from, long index) {
    if (to.dtype().isFloat()) {
      to.setDouble(at, from.getDouble(index));
    } else {
      to.setLong(at, from.getLong(index));
    }
  }

  /** What an attribute of one of four types says. */
  private static Optional<NDArray> given(OnnxNode node, String name) {
    Optional<NDArray> integers = node.integers(name + "_int64s").map(NDArray::ofLongs);
    Optional<NDArray> reals = node.reals(name + "_floats").map(TraditionalLearning::floats);
    Optional<NDArray> texts =
        node.texts(name + "_strings")
            .map(list -> NDArray.ofTexts(List.of((long) list.size()), list));
    return node.tensor(name + "_tensor").or(() -> integers).or(() -> reals).or(() -> texts);
  }

  private static NDArray floats(List<Float> values) {
    NDArray array = NDArray.allocate(TensorType.of(DType.F32, values.size()));
    for (int i = 0; i < values.size(); i++) {
      array.setDouble(i, values.get(i));
    }
    return array;
  }
}
