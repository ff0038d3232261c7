package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;

/**
 * One step of an optimiser: inputs are the rate, the number of steps before, then all tensors, all
 * gradients, and all states, in this order.
 */
final class TrainingSteps {

  private static final String DOMAIN = "ai.onnx.preview.training";

  private TrainingSteps() {}

  static List<Conversion> all() {
    return List.of(
        new Conversion(DOMAIN, "Adagrad", 1, TrainingSteps::adagrad),
        new Conversion(DOMAIN, "Adam", 1, TrainingSteps::adam),
        new Conversion(DOMAIN, "Momentum", 1, TrainingSteps::momentum));
  }

  /** The i-th tensor of the k-th kind. */
  private static Expr operand(OnnxNode node, int kinds, int kind, int i) {
    int count = (node.inputCount() - 2) / kinds;
    return node.input(2 + kind * count + i);
  }

  /** The gradient with that of the penalty for large values. */
  private static Expr gradient(OnnxNode node, Composer c, Expr x, Expr gradient) {
    return c.add(c.multiply(x, node.real("norm_coefficient", 0)), gradient);
  }

  private static List<Expr> adagrad(OnnxNode node) {
    Composer c = new Composer(node);
    Expr steps = c.cast(node.input(1), c.dtype(node.input(0)));
    Expr decay = c.add(c.multiply(steps, node.real("decay_factor", 0)), 1);
    Expr rate = c.divide(node.input(0), decay);
    List<Expr> tensors = new ArrayList<>();
    List<Expr> squares = new ArrayList<>();
    for (int i = 0; i < (node.inputCount() - 2) / 3; i++) {
      Expr x = operand(node, 3, 0, i);
      Expr g = gradient(node, c, x, operand(node, 3, 1, i));
      Expr square = c.add(operand(node, 3, 2, i), c.multiply(g, g));
      Expr root = c.add(c.unary("sqrt", square), node.real("epsilon", 1e-6f));
      tensors.add(c.subtract(x, c.divide(c.multiply(c.castLike(rate, x), g), root)));
      squares.add(square);
    }
    tensors.addAll(squares);
    return tensors;
  }

  private static List<Expr> adam(OnnxNode node) {
    Composer c = new Composer(node);
    double alpha = node.real("alpha", 0.9f);
    double beta = node.real("beta", 0.999f);
    DType dtype = c.dtype(node.input(0));
    Expr steps = c.cast(node.input(1), dtype);
    Expr isLater = node.call("greater", steps, node.value(dtype, 0));
    Expr alphaPower = node.call("power", node.value(dtype, alpha), steps);
    Expr betaPower = node.call("power", node.value(dtype, beta), steps);
    Expr corrected =
        c.divide(
            c.multiply(node.input(0), c.unary("sqrt", c.subtract(1, betaPower))),
            c.subtract(1, alphaPower));
    Expr rate = c.where(isLater, corrected, node.input(0));
    List<Expr> tensors = new ArrayList<>();
    List<Expr> means = new ArrayList<>();
    List<Expr> squares = new ArrayList<>();
    for (int i = 0; i < (node.inputCount() - 2) / 4; i++) {
      Expr x = operand(node, 4, 0, i);
      Expr g = gradient(node, c, x, operand(node, 4, 1, i));
      Expr mean = c.add(c.multiply(operand(node, 4, 2, i), alpha), c.multiply(g, 1 - alpha));
      Expr square =
          c.add(c.multiply(operand(node, 4, 3, i), beta), c.multiply(c.multiply(g, g), 1 - beta));
      Expr root = c.add(c.unary("sqrt", square), node.real("epsilon", 1e-6f));
      Expr moved = c.subtract(x, c.divide(c.multiply(c.castLike(rate, x), mean), root));
      tensors.add(c.multiply(moved, 1 - node.real("norm_coefficient_post", 0)));
      means.add(mean);
      squares.add(square);
    }
    tensors.addAll(means);
    tensors.addAll(squares);
    return tensors;
  }

  private static List<Expr> momentum(OnnxNode node) {
    Composer c = new Composer(node);
    double alpha = node.real("alpha", 0);
    boolean nesterov = node.text("mode", "standard").equals("nesterov");
    List<Expr> tensors = new ArrayList<>();
    List<Expr> momenta = new ArrayList<>();
    for (int i = 0; i < (node.inputCount() - 2) / 3; i++) {
      Expr x = operand(node, 3, 0, i);
      Expr g = gradient(node, c, x, operand(node, 3, 1, i));
      Expr isLater = node.call("greater", node.input(1), node.value(DType.I64, 0));
      Expr beta = c.where(isLater, c.scalar(x, node.real("beta", 0)), c.scalar(x, 1));
      Expr momentum = c.add(c.multiply(operand(node, 3, 2, i), alpha), c.multiply(beta, g));
      Expr step = nesterov ? c.add(g, c.multiply(momentum, alpha)) : momentum;
      tensors.add(c.subtract(x, c.multiply(c.castLike(node.input(0), x), step)));
      momenta.add(momentum);
    }
    tensors.addAll(momenta);
    return tensors;
  }
}
