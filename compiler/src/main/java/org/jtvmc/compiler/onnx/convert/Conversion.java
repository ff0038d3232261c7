package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Expr;

/**
 * How an operator is converted, from one version of the operator set until the next entry of the
 * same operator.
 *
 * @param domain the operator set; "" for ONNX's own
 * @param operator the operator's name in it
 * @param since the first version of the operator set that this holds for
 * @param rule does it
 * @param limits what is not supported, in a few words; empty where all is
 * @param handsOn whether inputs are only handed on as they are, whatever their sizes
 * @see <a href="https://onnx.ai/onnx/operators/">ONNX operators</a>
 */
public record Conversion(
    String domain, String operator, int since, Rule rule, String limits, boolean handsOn) {

  /** A conversion without limits. */
  public Conversion(String domain, String operator, int since, Rule rule) {
    this(domain, operator, since, rule, "", false);
  }

  /** What a node computes. */
  @FunctionalInterface
  public interface Rule {

    /**
     * One expression per output of the node; trailing outputs that nobody can ask for may be left
     * out.
     *
     * @throws org.jtvmc.compiler.onnx.ModelException where the node is wrong or not supported
     */
    List<Expr> convert(OnnxNode node);
  }

  /** What a node with a single output computes. */
  @FunctionalInterface
  public interface SingleRule {
    Expr convert(OnnxNode node);
  }

  /** A conversion that holds from the first version on. */
  public static Conversion of(String operator, SingleRule rule) {
    return from(1, operator, rule);
  }

  /** A conversion that holds from a version on. */
  public static Conversion from(int version, String operator, SingleRule rule) {
    return new Conversion("", operator, version, node -> List.of(rule.convert(node)));
  }

  /** The same, with what it does not support. */
  Conversion limitedTo(String what) {
    return new Conversion(domain, operator, since, rule, what, handsOn);
  }

  /** The same, of an operator that hands its inputs on as they are. */
  Conversion handingOn() {
    return new Conversion(domain, operator, since, rule, limits, true);
  }
}
