package org.jtvmc.ir.graph;

import java.util.List;
import org.jtvmc.ir.type.Type;

/**
 * A function of the graph IR. A {@linkplain #isPrimitive() primitive} one is compiled into a single
 * kernel. Equal only to itself.
 */
public record Function(List<Var> parameters, Expr body, Attributes attributes) implements Callee {

  /** The attribute that marks a function as one kernel. */
  public static final String PRIMITIVE = "primitive";

  /**
   * The attribute that marks a function which a step of the run calls: the body of a loop, a
   * branch. Its value is how many results it has; those behind are only there to be computed.
   */
  public static final String REGION = "region";

  public Function {
    parameters = List.copyOf(parameters);
  }

  public Function(List<Var> parameters, Expr body) {
    this(parameters, body, Attributes.NONE);
  }

  public Type resultType() {
    return body.type();
  }

  public boolean isPrimitive() {
    return attributes.bool(PRIMITIVE, false);
  }

  /** Whether a step of the run calls it, and not a call of the graph. */
  public boolean isRegion() {
    return attributes.has(REGION);
  }

  public Function withBody(Expr other) {
    return other == body ? this : new Function(parameters, other, attributes);
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
