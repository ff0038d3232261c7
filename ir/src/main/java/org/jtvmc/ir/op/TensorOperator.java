package org.jtvmc.ir.op;

import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * An operator on tensors. What all of them have in common is here: the check of the number of
 * arguments and of the attributes' names, and the attributes' defaults, so that a subclass sees
 * every declared attribute set and tuples taken apart.
 */
public abstract class TensorOperator implements Operator {
  private final String name;
  private final FusionKind fusionKind;
  private final List<String> parameters;
  private final List<AttributeSpec> attributes;

  /**
   * @param parameters the arguments' names, for messages
   */
  protected TensorOperator(
      String name, FusionKind fusionKind, List<String> parameters, List<AttributeSpec> attributes) {
    this.name = name;
    this.fusionKind = fusionKind;
    this.parameters = List.copyOf(parameters);
    this.attributes = List.copyOf(attributes);
  }

  /** The type rule, given checked arguments and every declared attribute. */
  protected abstract Type result(List<TensorType> arguments, Attributes attributes);

  /** The tensor expression, given every declared attribute. */
  protected abstract List<Tensor> expression(
      List<Tensor> inputs, Attributes attributes, Type result);

  /** True where the arguments are any number (at least one) of tensors or a tuple of them. */
  protected boolean isVariadic() {
    return false;
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final FusionKind fusionKind() {
    return fusionKind;
  }

  @Override
  public final List<AttributeSpec> attributes() {
    return attributes;
  }

  /** The arguments' names, in order. */
  public final List<String> parameters() {
    return parameters;
  }

  @Override
  public final Type infer(List<Type> arguments, Attributes given) {
    List<TensorType> tensors = tensors(arguments);
    boolean fits = isVariadic() ? !tensors.isEmpty() : tensors.size() == parameters.size();
    if (!fits) {
      throw new TypeException(
          "takes %d arguments (%s), not %d"
              .formatted(parameters.size(), String.join(", ", parameters), tensors.size()));
    }
    try {
      return result(tensors, complete(given));
    } catch (IllegalArgumentException | IllegalStateException | ArithmeticException e) {
      throw new TypeException(e.getMessage(), e);
    } catch (NoSuchElementException e) {
      throw new TypeException(e.getMessage(), e);
    }
  }

  @Override
  public final List<Tensor> compute(List<Tensor> inputs, Attributes given, Type result) {
    return expression(inputs, complete(given), result);
  }

  @Override
  public String toString() {
    return name;
  }

  /**
   * The given attributes with the defaults of those that are left out.
   *
   * @throws TypeException where one is not declared or a required one is missing
   */
  protected final Attributes complete(Attributes given) {
    Attributes.Builder complete = Attributes.builder();
    for (AttributeSpec spec : attributes) {
      if (given.has(spec.name())) {
        complete.put(spec.name(), given.values().get(spec.name()));
      } else if (spec.defaultValue() != null) {
        complete.put(spec.name(), spec.defaultValue());
      } else {
        throw new TypeException("needs the attribute '" + spec.name() + "'");
      }
    }
    List<String> known = attributes.stream().map(AttributeSpec::name).toList();
    for (String attribute : given.values().keySet()) {
      if (!known.contains(attribute)) {
        throw new TypeException(
            "has no attribute '%s'; it knows %s"
                .formatted(attribute, known.isEmpty() ? "none" : String.join(", ", known)));
      }
    }
    return complete.build();
  }

  private List<TensorType> tensors(List<Type> arguments) {
    List<TensorType> tensors = new ArrayList<>(arguments.size());
    for (Type argument : arguments) {
      switch (argument) {
        case TensorType tensor -> tensors.add(tensor);
        case TupleType(List<Type> fields) -> {
          if (!isVariadic()) {
            throw new TypeException("takes tensors and is given the tuple " + argument);
          }
          tensors.addAll(tensors(fields));
        }
      }
    }
    return tensors;
  }

  /** An attribute that every call must give. */
  protected static AttributeSpec required(String name, String description) {
    return new AttributeSpec(name, null, description);
  }

  protected static AttributeSpec optional(String name, long otherwise, String description) {
    return new AttributeSpec(name, new AttributeValue.Int(otherwise), description);
  }

  protected static AttributeSpec optional(String name, double otherwise, String description) {
    return new AttributeSpec(name, new AttributeValue.Real(otherwise), description);
  }

  protected static AttributeSpec optional(String name, boolean otherwise, String description) {
    return new AttributeSpec(name, new AttributeValue.Bool(otherwise), description);
  }

  protected static AttributeSpec optional(String name, String otherwise, String description) {
    return new AttributeSpec(name, new AttributeValue.Text(otherwise), description);
  }

  /** A list that is empty where it is not given. */
  protected static AttributeSpec optionalList(String name, String description) {
    return new AttributeSpec(name, new AttributeValue.Items(List.of()), description);
  }
}
