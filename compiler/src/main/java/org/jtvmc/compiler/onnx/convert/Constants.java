package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/** Values that depend on no input's contents, and those that pass through unchanged. */
final class Constants {

  /** Larger results are refused: a few bytes of a file must not make us fill the memory. */
  private static final long MOST_ELEMENTS = 1L << 28;

  private Constants() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of("Constant", Constants::constant),
        Conversion.of("ConstantOfShape", Constants::constantOfShape),
        Conversion.of("EyeLike", Constants::eyeLike),
        Conversion.of("Identity", node -> node.input(0)).handingOn());
  }

  private static Expr constant(OnnxNode node) {
    if (node.hasAttribute("value")) {
      return node.value(node.tensor("value").orElseThrow());
    }
    if (node.hasAttribute("value_float")) {
      return node.value(DType.F32, node.real("value_float", 0));
    }
    if (node.hasAttribute("value_int")) {
      var array = NDArray.allocate(TensorType.of(DType.I64));
      array.setLong(0, node.integer("value_int", 0));
      return node.value(array);
    }
    if (node.hasAttribute("value_ints")) {
      return node.value(NDArray.ofLongs(node.integers("value_ints").orElseThrow()));
    }
    if (node.hasAttribute("value_floats")) {
      var values = node.reals("value_floats").orElseThrow();
      var array = NDArray.allocate(TensorType.of(DType.F32, values.size()));
      for (int i = 0; i < values.size(); i++) {
        array.setDouble(i, values.get(i));
      }
      return node.value(array);
    }
    if (node.hasAttribute("value_string")) {
      return node.value(NDArray.ofTexts(List.of(), List.of(node.text("value_string", ""))));
    }
    if (node.hasAttribute("value_strings")) {
      var texts = node.texts("value_strings").orElseThrow();
      return node.value(NDArray.ofTexts(List.of((long) texts.size()), texts));
    }
    throw node.fault("holds neither a tensor nor numbers nor texts, which is not supported");
  }

  private static Expr constantOfShape(OnnxNode node) {
    var fill = node.tensor("value").orElseGet(() -> NDArray.scalar(DType.F32, 0));
    if (node.known(0).isEmpty()) {
      var open =
          Attributes.builder()
              .put("shape", new AttributeValue.Items(node.integersOrSizes(0, "sizes")))
              .put("dtype", fill.dtype());
      return fill.dtype().isFloat()
          ? node.call("full", open.put("value", fill.getDouble(0)))
          : node.call("full", open.put("value", fill.getLong(0)));
    }
    var shape = node.integers(0, "sizes");
    var type = TensorType.of(fill.dtype(), node.checked(shape, MOST_ELEMENTS));
    var array = NDArray.allocate(type);
    boolean zero = fill.dtype().isFloat() ? fill.getDouble(0) == 0 : fill.getLong(0) == 0;
    for (long i = 0; !zero && i < type.elements(); i++) {
      if (fill.dtype().isFloat()) {
        array.setDouble(i, fill.getDouble(0));
      } else {
        array.setLong(i, fill.getLong(0));
      }
    }
    return node.value(array);
  }

  private static Expr eyeLike(OnnxNode node) {
    var sizes = node.sizes(0);
    if (sizes.size() != 2) {
      throw node.fault("has an input of %d dimensions where it needs two".formatted(sizes.size()));
    }
    var dtype = node.dtype("dtype").orElse(node.type(0).dtype());
    var array = NDArray.allocate(TensorType.of(dtype, node.checked(sizes, MOST_ELEMENTS)));
    long diagonal = node.integer("k", 0);
    for (long row = 0; row < sizes.get(0); row++) {
      long column = row + diagonal;
      if (column >= 0 && column < sizes.get(1)) {
        array.setLong(row * sizes.get(1) + column, 1);
      }
    }
    return node.value(array);
  }
}
