package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.TensorType;

/**
 * Operators on values whose sizes a run decides. They compute as much as there can be, and say how
 * much of it there is.
 */
final class DecidedSizes {

  /** Each element of the result comes of the same one of the operand. */
  private static final Set<String> UNARY =
      Set.of(
          "Abs",
          "Cast",
          "CastLike",
          "Ceil",
          "Clip",
          "Exp",
          "Floor",
          "LeakyRelu",
          "Log",
          "Neg",
          "Not",
          "Reciprocal",
          "Relu",
          "Round",
          "Sigmoid",
          "Sign",
          "Sqrt",
          "Tanh");

  private static final Set<String> BINARY =
      Set.of(
          "Add",
          "And",
          "Div",
          "Equal",
          "Greater",
          "GreaterOrEqual",
          "Less",
          "LessOrEqual",
          "Mod",
          "Mul",
          "Or",
          "Pow",
          "Sub",
          "Where",
          "Xor");

  private DecidedSizes() {}

  static List<Conversion> all() {
    List<Conversion> all = new ArrayList<>();
    UNARY.forEach(name -> all.add(Conversion.of(name, DecidedSizes::elementwise)));
    BINARY.forEach(name -> all.add(Conversion.of(name, DecidedSizes::elementwise)));
    all.add(Conversion.of("Gather", DecidedSizes::gather));
    all.add(Conversion.of("GatherND", DecidedSizes::gatherNd));
    all.add(Conversion.of("Shape", DecidedSizes::shape));
    all.add(Conversion.of("Transpose", DecidedSizes::transpose));
    return all;
  }

  /** The result of the ordinary rule on as much as there can be. */
  private static Expr whole(OnnxNode node) {
    return node.byOrdinaryRule().getFirst();
  }

  /** The sizes of an input: decided, or known; its elements lie where these say. */
  private static Expr sizes(OnnxNode node, int input) {
    Composer c = new Composer(node);
    Optional<Expr> decided = node.decidedSizes(node.input(input));
    if (decided.isPresent() && c.size(decided.get(), 0) != node.rank(input)) {
      throw node.undeterminedSizes(
          "reads a value of which only the number of elements is bounded, which is not supported");
    }
    return decided.orElseGet(() -> node.shape(node.type(input).shape()));
  }

  /**
   * Operands have one shape, or are a single number: which of two sizes that a run decides is
   * stretched to the other is not known.
   */
  private static Expr elementwise(OnnxNode node) {
    Optional<Integer> first = Optional.empty();
    for (int i = 0; i < node.inputCount(); i++) {
      if (!node.has(i)) {
        continue;
      }
      Optional<Expr> decided = node.decidedSizes(node.input(i));
      if (decided.isEmpty()) {
        boolean isOne = node.type(i).isStatic() && node.type(i).elements() == 1;
        if (!isOne && !node.operator().equals("CastLike")) {
          throw node.undeterminedSizes(
              "combines a value whose sizes the run decides with one of fixed sizes, which is not"
                  + " supported");
        }
      } else if (first.isEmpty()) {
        first = Optional.of(i);
      } else if (decided.get() != node.decidedSizes(node.input(first.get())).orElseThrow()) {
        throw node.undeterminedSizes(
            "combines two values whose sizes the run decides one by one, which is not supported");
      }
    }
    Expr operand = node.input(first.orElseThrow());
    return node.decided(whole(node), node.decidedSizes(operand).orElseThrow());
  }

  private static Expr gather(OnnxNode node) {
    Composer c = new Composer(node);
    if (node.decidedSizes(node.input(0)).isPresent()) {
      throw node.undeterminedSizes(
          "gathers from a value whose sizes the run decides, which is not supported");
    }
    int axis = node.axis(node.integer("axis", 0), node.rank(0));
    Expr data = sizes(node, 0);
    Expr sizes =
        c.concat(
            0,
            c.slice(data, 0, 0, axis),
            sizes(node, 1),
            c.slice(data, 0, axis + 1L, node.rank(0)));
    return node.decided(whole(node), sizes);
  }

  private static Expr gatherNd(OnnxNode node) {
    Composer c = new Composer(node);
    if (node.decidedSizes(node.input(0)).isPresent() || node.integer("batch_dims", 0) != 0) {
      throw node.undeterminedSizes(
          "gathers from a value whose sizes the run decides, which is not supported");
    }
    TensorType indices = node.type(1);
    long depth = node.size(indices.shape().getLast());
    Expr sizes =
        c.concat(
            0,
            c.slice(sizes(node, 1), 0, 0, indices.rank() - 1L),
            c.slice(sizes(node, 0), 0, depth, node.rank(0)));
    return node.decided(whole(node), sizes);
  }

  private static Expr shape(OnnxNode node) {
    Expr sizes = node.decidedSizes(node.input(0)).orElseThrow();
    if (node.hasAttribute("start") || node.hasAttribute("end")) {
      throw node.undeterminedSizes(
          "asks for some sizes of a value, of which the run decides, which is not supported");
    }
    return sizes;
  }

  private static Expr transpose(OnnxNode node) {
    List<Long> reversed = new ArrayList<>();
    for (long axis = 0; axis < node.rank(0); axis++) {
      reversed.add(axis);
    }
    Collections.reverse(reversed);
    List<Long> order = node.integers("perm").orElse(reversed);
    Composer c = new Composer(node);
    Expr sizes = c.take(sizes(node, 0), node.value(NDArray.ofLongs(order)), 0);
    return node.decided(whole(node), sizes);
  }
}
