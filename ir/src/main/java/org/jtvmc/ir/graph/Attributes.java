package org.jtvmc.ir.graph;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jtvmc.ir.type.DType;

/** The attributes of a call or a function, by name; printed in the order of their names. */
public record Attributes(SortedMap<String, AttributeValue> values) {

  public static final Attributes NONE = new Attributes(new TreeMap<>());

  public Attributes {
    values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
  }

  public static Builder builder() {
    return new Builder();
  }

  public boolean has(String name) {
    return values.containsKey(name);
  }

  public boolean isEmpty() {
    return values.isEmpty();
  }

  public long integer(String name) {
    return get(name) instanceof AttributeValue.Int(long value) ? value : wrong(name, "an integer");
  }

  public long integer(String name, long otherwise) {
    return has(name) ? integer(name) : otherwise;
  }

  /** A number; an integer counts as one. */
  public double real(String name) {
    return switch (get(name)) {
      case AttributeValue.Real(double value) -> value;
      case AttributeValue.Int(long value) -> value;
      case AttributeValue.Bool _,
          AttributeValue.Text _,
          AttributeValue.ElementType _,
          AttributeValue.Items _ ->
          wrong(name, "a number");
    };
  }

  public double real(String name, double otherwise) {
    return has(name) ? real(name) : otherwise;
  }

  public boolean bool(String name) {
    return get(name) instanceof AttributeValue.Bool(boolean value)
        ? value
        : wrong(name, "true or false");
  }

  public boolean bool(String name, boolean otherwise) {
    return has(name) ? bool(name) : otherwise;
  }

  public String text(String name) {
    return get(name) instanceof AttributeValue.Text(String value) ? value : wrong(name, "a string");
  }

  public String text(String name, String otherwise) {
    return has(name) ? text(name) : otherwise;
  }

  public DType dtype(String name) {
    return get(name) instanceof AttributeValue.ElementType(DType value)
        ? value
        : wrong(name, "an element type");
  }

  public List<Long> integers(String name) {
    if (get(name) instanceof AttributeValue.Items(List<AttributeValue> items)) {
      return items.stream()
          .map(
              item ->
                  item instanceof AttributeValue.Int(long value)
                      ? value
                      : this.<Long>wrong(name, "a list of integers"))
          .toList();
    }
    return wrong(name, "a list of integers");
  }

  public List<Long> integers(String name, List<Long> otherwise) {
    return has(name) ? integers(name) : otherwise;
  }

  public List<Double> reals(String name) {
    if (get(name) instanceof AttributeValue.Items(List<AttributeValue> items)) {
      return items.stream()
          .map(
              item ->
                  item instanceof AttributeValue.Real(double value)
                      ? value
                      : this.<Double>wrong(name, "a list of numbers"))
          .toList();
    }
    return wrong(name, "a list of numbers");
  }

  private AttributeValue get(String name) {
    AttributeValue value = values.get(name);
    if (value == null) {
      throw new NoSuchElementException("attribute '" + name + "' is missing");
    }
    return value;
  }

  private <T> T wrong(String name, String wanted) {
    throw new IllegalArgumentException(
        "attribute '%s' is %s, not %s".formatted(name, values.get(name), wanted));
  }

  /** {@code axis=1, keepdims=true}; empty where there are none. */
  @Override
  public String toString() {
    return values.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .collect(Collectors.joining(", "));
  }

  /** Collects attributes. */
  public static final class Builder {
    private final SortedMap<String, AttributeValue> values = new TreeMap<>();

    private Builder() {}

    public Builder put(String name, AttributeValue value) {
      values.put(name, value);
      return this;
    }

    public Builder put(String name, long value) {
      return put(name, new AttributeValue.Int(value));
    }

    public Builder put(String name, double value) {
      return put(name, new AttributeValue.Real(value));
    }

    public Builder put(String name, boolean value) {
      return put(name, new AttributeValue.Bool(value));
    }

    public Builder put(String name, String value) {
      return put(name, new AttributeValue.Text(value));
    }

    public Builder put(String name, DType value) {
      return put(name, new AttributeValue.ElementType(value));
    }

    public Builder put(String name, List<Long> integers) {
      return put(
          name,
          new AttributeValue.Items(
              integers.stream().<AttributeValue>map(AttributeValue.Int::new).toList()));
    }

    public Builder putReals(String name, List<Double> reals) {
      return put(
          name,
          new AttributeValue.Items(
              reals.stream().<AttributeValue>map(AttributeValue.Real::new).toList()));
    }

    public Builder putAll(Map<String, AttributeValue> others) {
      values.putAll(others);
      return this;
    }

    public Attributes build() {
      return new Attributes(values);
    }
  }
}
