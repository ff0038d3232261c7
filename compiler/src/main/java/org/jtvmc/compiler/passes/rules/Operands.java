package org.jtvmc.compiler.passes.rules;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.type.TensorType;

/** What rules ask about an expression. */
public final class Operands {

  private Operands() {}

  /** The type of an expression that is known to be a tensor. */
  public static TensorType tensor(Expr expr) {
    return (TensorType) expr.type();
  }

  /** The expression as a call of that operator. */
  public static Optional<Call> callOf(String operator, Expr expr) {
    return expr instanceof Call call && call.isCallOf(operator)
        ? Optional.of(call)
        : Optional.empty();
  }

  /** A call's attributes with the defaults of those that it leaves out. */
  public static Attributes attributes(Call call) {
    Attributes.Builder all = Attributes.builder();
    for (Operator.AttributeSpec spec : ((Operator) call.callee()).attributes()) {
      if (spec.defaultValue() != null) {
        all.put(spec.name(), spec.defaultValue());
      }
    }
    return all.putAll(call.attributes().values()).build();
  }

  /** True where neither data nor result of a convolution is said to have its channels last. */
  public static boolean isChannelsFirst(Call convolution) {
    return List.of("data_layout", "out_layout").stream()
        .map(name -> convolution.attributes().text(name, ""))
        .allMatch(layout -> layout.isEmpty() || layout.startsWith("NC"));
  }

  /** The call's attributes with one changed. */
  public static Attributes with(Call call, String name, AttributeValue value) {
    return Attributes.builder().putAll(call.attributes().values()).put(name, value).build();
  }

  /** The value that every element of a constant has, where it is one value. */
  public static OptionalDouble uniform(Expr expr) {
    if (!(expr instanceof Constant(NDArray value)) || value.elements() == 0) {
      return OptionalDouble.empty();
    }
    double first = value.getDouble(0);
    for (long i = 1; i < value.elements(); i++) {
      if (value.getDouble(i) != first) {
        return OptionalDouble.empty();
      }
    }
    return OptionalDouble.of(first);
  }

  /** True where every element of a constant is {@code value}. */
  public static boolean isUniform(Expr expr, double value) {
    OptionalDouble uniform = uniform(expr);
    return uniform.isPresent() && uniform.getAsDouble() == value;
  }

  /** True where every element of a constant is {@code value} up to the rounding of float32. */
  public static boolean isAbout(Expr expr, double value) {
    OptionalDouble uniform = uniform(expr);
    return uniform.isPresent() && Math.abs(uniform.getAsDouble() - value) <= 4e-7 * Math.abs(value);
  }

  /** The axis counted from the front. */
  public static int axis(long axis, int rank) {
    return (int) (axis < 0 ? axis + rank : axis);
  }

  /** True where the dimensions in {@code axes} are the last ones, in any order. */
  public static boolean areTrailing(List<Long> axes, int rank) {
    List<Integer> sorted = axes.stream().map(a -> axis(a, rank)).sorted().distinct().toList();
    return !sorted.isEmpty()
        && sorted.getLast() == rank - 1
        && sorted.getFirst() == rank - sorted.size();
  }
}
