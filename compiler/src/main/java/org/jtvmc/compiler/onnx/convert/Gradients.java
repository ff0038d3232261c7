package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/**
 * The Gradient operator of ONNX's preview of training: how the sum of a value's elements changes
 * with those of others. Every call between them is walked once, from the value back (reverse mode;
 * Griewank and Walther, "Evaluating Derivatives", 2008).
 */
final class Gradients {

  private static final String DOMAIN = "ai.onnx.preview.training";

  private final OnnxNode node;
  private final Composer c;
  private final Map<Expr, Expr> adjoints = new IdentityHashMap<>();

  private Gradients(OnnxNode node) {
    this.node = node;
    this.c = new Composer(node);
  }

  static List<Conversion> all() {
    return List.of(
        new Conversion(DOMAIN, "Gradient", 1, node -> new Gradients(node).convert())
            .limitedTo("through elementwise arithmetic, exp, log, sqrt, tanh, sigmoid, relu"));
  }

  private List<Expr> convert() {
    Expr y = node.value(node.text("y", ""));
    int count = node.texts("xs").orElse(List.of()).size();
    List<Expr> independent = node.inputs(0).subList(0, count);
    adjoints.put(y, c.broadcastTo(c.scalar(y, 1), c.sizes(y)));
    for (Expr expr : Exprs.postOrder(y).reversed()) {
      Expr adjoint = adjoints.get(expr);
      if (adjoint != null && expr instanceof Call call && !independent.contains(expr)) {
        propagate(call, adjoint);
      }
    }
    List<Expr> results = new ArrayList<>();
    for (Expr x : independent) {
      Expr adjoint = adjoints.get(x);
      results.add(adjoint == null ? c.zeros(c.dtype(x), c.sizes(x)) : adjoint);
    }
    return results;
  }

  private void propagate(Call call, Expr adjoint) {
    Expr a = call.arguments().getFirst();
    Expr b = call.arguments().getLast();
    String operator = call.callee().toString();
    switch (operator) {
      case "add" -> {
        accumulate(a, adjoint);
        accumulate(b, adjoint);
      }
      case "subtract" -> {
        accumulate(a, adjoint);
        accumulate(b, c.unary("negative", adjoint));
      }
      case "multiply" -> {
        accumulate(a, c.multiply(adjoint, b));
        accumulate(b, c.multiply(adjoint, a));
      }
      case "divide" -> {
        accumulate(a, c.divide(adjoint, b));
        accumulate(b, c.unary("negative", c.divide(c.multiply(adjoint, call), b)));
      }
      case "copy" -> accumulate(a, adjoint);
      case "negative" -> accumulate(a, c.unary("negative", adjoint));
      case "exp" -> accumulate(a, c.multiply(adjoint, call));
      case "log" -> accumulate(a, c.divide(adjoint, a));
      case "sqrt" -> accumulate(a, c.divide(c.multiply(adjoint, 0.5), call));
      case "tanh" -> accumulate(a, c.multiply(adjoint, c.subtract(1, c.multiply(call, call))));
      case "sigmoid" -> accumulate(a, c.multiply(adjoint, c.multiply(call, c.subtract(1, call))));
      case "nn.relu" ->
          accumulate(a, c.where(node.call("greater", a, c.scalar(a, 0)), adjoint, c.scalar(a, 0)));
      default -> throw node.fault("goes through %s, which is not supported".formatted(operator));
    }
  }

  /** Adds to what is known of an operand's, summed over what it was broadcast along. */
  private void accumulate(Expr operand, Expr adjoint) {
    Expr own = adjoint;
    int extra = c.rank(own) - c.rank(operand);
    for (int i = 0; i < extra; i++) {
      own = c.reduce("sum", own, false, 0);
    }
    TensorType type = c.type(operand);
    for (int axis = 0; axis < type.rank(); axis++) {
      if (type.dim(axis).equals(Dim.of(1)) && c.size(own, axis) != 1) {
        own = c.reduce("sum", own, true, axis);
      }
    }
    Expr sum = own;
    adjoints.merge(operand, sum, c::add);
  }
}
