package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jtvmc.ir.graph.Attributes;

/** Operators that map each element by itself and have no attributes, or only some. */
final class UnaryElementwise {

  /** ONNX's name and ours. */
  private static final Map<String, String> PLAIN =
      Map.ofEntries(
          Map.entry("Abs", "abs"),
          Map.entry("Acos", "acos"),
          Map.entry("Acosh", "acosh"),
          Map.entry("Asin", "asin"),
          Map.entry("Asinh", "asinh"),
          Map.entry("Atan", "atan"),
          Map.entry("Atanh", "atanh"),
          Map.entry("BitwiseNot", "bitwise_not"),
          Map.entry("Ceil", "ceil"),
          Map.entry("Cos", "cos"),
          Map.entry("Cosh", "cosh"),
          Map.entry("Erf", "erf"),
          Map.entry("Exp", "exp"),
          Map.entry("Floor", "floor"),
          Map.entry("HardSwish", "nn.hard_swish"),
          Map.entry("IsNaN", "is_nan"),
          Map.entry("Log", "log"),
          Map.entry("Mish", "nn.mish"),
          Map.entry("Neg", "negative"),
          Map.entry("Not", "logical_not"),
          Map.entry("Reciprocal", "reciprocal"),
          Map.entry("Relu", "nn.relu"),
          Map.entry("Round", "round"),
          Map.entry("Sigmoid", "sigmoid"),
          Map.entry("Sign", "sign"),
          Map.entry("Sin", "sin"),
          Map.entry("Sinh", "sinh"),
          Map.entry("Softplus", "nn.softplus"),
          Map.entry("Softsign", "nn.softsign"),
          Map.entry("Sqrt", "sqrt"),
          Map.entry("Tan", "tan"),
          Map.entry("Tanh", "tanh"));

  private UnaryElementwise() {}

  static List<Conversion> all() {
    var plain =
        PLAIN.entrySet().stream()
            .map(
                entry ->
                    Conversion.of(
                        entry.getKey(), node -> node.call(entry.getValue(), node.input(0))));
    var isInf =
        Conversion.of(
            "IsInf",
            node ->
                node.call(
                    "is_inf",
                    Attributes.builder()
                        .put("detect_positive", node.flag("detect_positive", true))
                        .put("detect_negative", node.flag("detect_negative", true)),
                    node.input(0)));
    return Stream.concat(plain, Stream.of(isInf)).toList();
  }
}
