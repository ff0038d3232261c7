package org.jtvmc.ir.text;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/** Operators with the least of a type rule, for tests of the graph IR alone. */
public final class TestOperators implements OperatorLookup {

  private static final Map<String, Operator> ALL =
      Map.of(
          "neg", new Same("neg", 1),
          "add", new Same("add", 2),
          "math.mix", new Same("math.mix", 2),
          "halve", new Halve());

  public static Operator get(String name) {
    return ALL.get(name);
  }

  @Override
  public Optional<Operator> find(String name) {
    return Optional.ofNullable(ALL.get(name));
  }

  /** All operands and the result have one type. */
  private record Same(String name, int arity) implements Operator {
    @Override
    public FusionKind fusionKind() {
      return FusionKind.ELEMENTWISE;
    }

    @Override
    public List<AttributeSpec> attributes() {
      return List.of();
    }

    @Override
    public Type infer(List<Type> arguments, Attributes attributes) {
      if (arguments.size() != arity || arguments.stream().distinct().count() != 1) {
        throw new TypeException("it takes %d operands of one type".formatted(arity));
      }
      return arguments.getFirst();
    }

    @Override
    public List<Tensor> compute(List<Tensor> inputs, Attributes attributes, Type result) {
      throw new UnsupportedOperationException();
    }
  }

  /** A tuple of two from one. */
  private static final class Halve implements Operator {
    @Override
    public String name() {
      return "halve";
    }

    @Override
    public FusionKind fusionKind() {
      return FusionKind.INJECTIVE;
    }

    @Override
    public List<AttributeSpec> attributes() {
      return List.of();
    }

    @Override
    public Type infer(List<Type> arguments, Attributes attributes) {
      TensorType whole = (TensorType) arguments.getFirst();
      return new TupleType(List.of(whole, whole));
    }

    @Override
    public List<Tensor> compute(List<Tensor> inputs, Attributes attributes, Type result) {
      throw new UnsupportedOperationException();
    }
  }
}
