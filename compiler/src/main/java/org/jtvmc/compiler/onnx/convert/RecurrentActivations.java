package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** The activation functions that operators choose by name. */
final class RecurrentActivations {

  private RecurrentActivations() {}

  /** A function of one value. */
  @FunctionalInterface
  interface Function {
    Expr apply(Composer c, Expr value);
  }

  /**
   * The functions of one direction.
   *
   * @param defaults names, where the node gives none
   */
  static List<Function> of(OnnxNode node, int direction, List<String> defaults) {
    List<String> names = node.texts("activations").orElse(List.of());
    List<Float> alphas = node.reals("activation_alpha").orElse(List.of());
    List<Float> betas = node.reals("activation_beta").orElse(List.of());
    List<Function> functions = new ArrayList<>();
    for (int i = 0; i < defaults.size(); i++) {
      int at = direction * defaults.size() + i;
      String name = at < names.size() ? names.get(at) : defaults.get(i);
      functions.add(
          function(
              node,
              name,
              at < alphas.size() ? alphas.get(at) : Float.NaN,
              at < betas.size() ? betas.get(at) : Float.NaN));
    }
    return functions;
  }

  /** A function by its name; alpha and beta are NaN where they are not given. */
  static Function function(OnnxNode node, String name, double alpha, double beta) {
    return switch (RecurrentNetworks.lower(name)) {
      case "tanh" -> (c, x) -> c.unary("tanh", x);
      case "sigmoid" -> (c, x) -> c.unary("sigmoid", x);
      case "relu" -> (c, x) -> c.unary("nn.relu", x);
      case "softplus" -> (c, x) -> c.unary("nn.softplus", x);
      case "softsign" -> (c, x) -> c.unary("nn.softsign", x);
      case "elu" -> withAlpha("nn.elu", or(alpha, 1));
      case "leakyrelu" -> withAlpha("nn.leaky_relu", or(alpha, 0.01f));
      case "thresholdedrelu" -> withAlpha("nn.thresholded_relu", or(alpha, 1));
      case "affine" -> (c, x) -> c.add(c.multiply(x, or(alpha, 1)), or(beta, 0));
      case "scaledtanh" ->
          (c, x) -> c.multiply(c.unary("tanh", c.multiply(x, or(beta, 1))), or(alpha, 1));
      case "hardsigmoid" ->
          (c, x) ->
              c.node()
                  .call(
                      "nn.hard_sigmoid",
                      Attributes.builder().put("alpha", or(alpha, 0.2f)).put("beta", or(beta, 0.5)),
                      x);
      case String other ->
          throw node.fault("has the activation '%s', which is not supported".formatted(other));
    };
  }

  private static Function withAlpha(String operator, double alpha) {
    return (c, x) -> c.node().call(operator, Attributes.builder().put("alpha", alpha), x);
  }

  private static double or(double given, double otherwise) {
    return Double.isNaN(given) ? otherwise : given;
  }
}
