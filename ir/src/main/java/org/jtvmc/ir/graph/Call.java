package org.jtvmc.ir.graph;

import java.util.List;
import java.util.stream.Collectors;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * The result of a callee applied to arguments.
 *
 * @param label where it comes from (the ONNX node's name), for messages and profiles; may be empty;
 *     no part of structural equality
 * @param type what the callee's type rule gives
 */
public record Call(
    Callee callee, List<Expr> arguments, Attributes attributes, String label, Type type)
    implements Expr {

  public Call {
    arguments = List.copyOf(arguments);
  }

  /**
   * A call of an operator, typed by its rule.
   *
   * @throws TypeException where the arguments or attributes do not fit
   */
  public static Call of(
      Operator operator, List<? extends Expr> arguments, Attributes attributes, String label) {
    List<Type> types = arguments.stream().map(Expr::type).toList();
    Type result;
    try {
      result = operator.infer(types, attributes);
    } catch (TypeException e) {
      String where = label.isEmpty() ? "" : " (node '" + label + "')";
      String given = types.stream().map(Type::toString).collect(Collectors.joining(", "));
      throw new TypeException(
          "%s%s: %s; arguments: %s".formatted(operator.name(), where, e.getMessage(), given), e);
    }
    return new Call(operator, List.copyOf(arguments), attributes, label, result);
  }

  public static Call of(Operator operator, List<? extends Expr> arguments, Attributes attributes) {
    return of(operator, arguments, attributes, "");
  }

  public static Call of(Operator operator, Expr... arguments) {
    return of(operator, List.of(arguments), Attributes.NONE, "");
  }

  /** A call of a function, whose parameters the arguments must match. */
  public static Call of(Function function, List<? extends Expr> arguments, String label) {
    if (arguments.size() != function.parameters().size()) {
      throw new TypeException(
          "a function of %d parameters is called with %d arguments"
              .formatted(function.parameters().size(), arguments.size()));
    }
    return new Call(
        function, List.copyOf(arguments), Attributes.NONE, label, function.resultType());
  }

  /** The same call on other arguments, typed anew where the callee is an operator. */
  public Call withArguments(List<? extends Expr> others) {
    if (others.equals(arguments)) {
      return this;
    }
    return switch (callee) {
      case Operator operator -> of(operator, others, attributes, label);
      case Function function -> of(function, others, label);
      case GlobalVar global ->
          new Call(global, List.copyOf(others), attributes, label, global.resultType());
    };
  }

  /** True where the callee is the operator of that name. */
  public boolean isCallOf(String operatorName) {
    return callee instanceof Operator operator && operator.name().equals(operatorName);
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
