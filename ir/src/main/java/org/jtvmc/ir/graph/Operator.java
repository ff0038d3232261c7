package org.jtvmc.ir.graph;

import java.util.List;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * A primitive of the graph IR: what it takes and gives (type rule), what it computes (tensor
 * expression) and how it fuses. One class each; stateless.
 */
public non-sealed interface Operator extends Callee {

  /** The name in the text form, such as {@code nn.conv2d}; unique in a registry. */
  String name();

  FusionKind fusionKind();

  /**
   * How this call fuses; operators whose kind depends on their arguments override it.
   *
   * @param arguments the argument types
   */
  default FusionKind fusionKind(List<Type> arguments, Attributes attributes) {
    return fusionKind();
  }

  /** The attributes that it knows, with their defaults; others are an error of the call. */
  List<AttributeSpec> attributes();

  /**
   * The type rule.
   *
   * @throws TypeException where the arguments or attributes do not fit; one sentence saying why
   */
  Type infer(List<Type> arguments, Attributes attributes);

  /**
   * The tensor expression: one output tensor per result (several where the result is a tuple).
   * Tuple arguments are flattened into {@code inputs}.
   *
   * @param inputs of the types that {@link #infer} accepted
   * @param result what {@link #infer} gave
   */
  List<Tensor> compute(List<Tensor> inputs, Attributes attributes, Type result);

  /**
   * The algorithms that compute this call, the default first.
   *
   * @param inputs as in {@link #compute}
   */
  default List<Strategy> strategies(List<Tensor> inputs, Attributes attributes, Type result) {
    return List.of(new Strategy("default", this::compute));
  }

  /** A declared attribute: required where {@code defaultValue} is null. */
  record AttributeSpec(String name, AttributeValue defaultValue, String description) {}

  /**
   * One algorithm for an operator.
   *
   * @param onGpus true where it is for GPUs alone: nothing else is to consider it
   */
  record Strategy(String name, Algorithm algorithm, boolean onGpus) {

    /** An algorithm for all machines. */
    public Strategy(String name, Algorithm algorithm) {
      this(name, algorithm, false);
    }
  }

  /** As {@link Operator#compute}. */
  @FunctionalInterface
  interface Algorithm {
    List<Tensor> compute(List<Tensor> inputs, Attributes attributes, Type result);
  }
}
