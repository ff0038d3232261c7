package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jtvmc.ir.graph.Expr;

/**
 * Operators on two tensors, elementwise with broadcasting. Since version 7 they broadcast as numpy
 * does; before, only the second operand did, where asked to, from an axis on.
 */
final class BinaryElementwise {

  /** ONNX's name and ours. */
  private static final Map<String, String> PLAIN =
      Map.ofEntries(
          Map.entry("Add", "add"),
          Map.entry("And", "logical_and"),
          Map.entry("BitwiseAnd", "bitwise_and"),
          Map.entry("BitwiseOr", "bitwise_or"),
          Map.entry("BitwiseXor", "bitwise_xor"),
          Map.entry("Div", "divide"),
          Map.entry("Equal", "equal"),
          Map.entry("Greater", "greater"),
          Map.entry("GreaterOrEqual", "greater_equal"),
          Map.entry("Less", "less"),
          Map.entry("LessOrEqual", "less_equal"),
          Map.entry("Mul", "multiply"),
          Map.entry("Or", "logical_or"),
          Map.entry("Pow", "power"),
          Map.entry("Sub", "subtract"),
          Map.entry("Xor", "logical_xor"));

  private BinaryElementwise() {}

  static List<Conversion> all() {
    var legacy =
        PLAIN.entrySet().stream()
            .map(entry -> Conversion.of(entry.getKey(), node -> legacy(node, entry.getValue())));
    var modern =
        PLAIN.entrySet().stream()
            .map(
                entry ->
                    Conversion.from(
                        7,
                        entry.getKey(),
                        node -> node.call(entry.getValue(), node.input(0), node.input(1))));
    var others =
        Stream.of(
            Conversion.of("Mod", BinaryElementwise::mod),
            Conversion.of("BitShift", BinaryElementwise::shift));
    return Stream.of(legacy, modern, others).flatMap(s -> s).toList();
  }

  private static Expr legacy(OnnxNode node, String operator) {
    var right = node.input(1);
    if (node.flag("broadcast", false) && node.hasAttribute("axis")) {
      int axis = node.axis(node.integer("axis", 0), node.rank(0));
      int trailing = node.rank(0) - axis - node.rank(1);
      right = VariadicElementwise.appendOnes(node, right, trailing);
    }
    return node.call(operator, node.input(0), right);
  }

  private static Expr mod(OnnxNode node) {
    var operator = node.flag("fmod", false) ? "trunc_mod" : "mod";
    return node.call(operator, node.input(0), node.input(1));
  }

  private static Expr shift(OnnxNode node) {
    var operator =
        switch (node.text("direction", "")) {
          case "LEFT" -> "left_shift";
          case "RIGHT" -> "right_shift";
          case String other ->
              throw node.fault("shifts in the direction '%s', not LEFT or RIGHT".formatted(other));
        };
    return node.call(operator, node.input(0), node.input(1));
  }
}
