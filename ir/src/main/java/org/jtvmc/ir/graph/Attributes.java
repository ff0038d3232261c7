package org.jtvmc.ir.graph;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;

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
          AttributeValue.Size _,
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

  /** A list of anything. */
  public List<AttributeValue> items(String name) {
    return get(name) instanceof AttributeValue.Items(List<AttributeValue> items)
        ? items
        : wrong(name, "a list");
  }

  /** The same with every open size replaced. */
  public Attributes withSizes(UnaryOperator<Dim> replace) {
    if (!hasOpenSizes()) {
      return this;
    }
    SortedMap<String, AttributeValue> replaced = new TreeMap<>();
    values.forEach((name, value) -> replaced.put(name, withSizes(value, replace)));
    return new Attributes(replaced);
  }

  private static AttributeValue withSizes(AttributeValue value, UnaryOperator<Dim> replace) {
    return switch (value) {
      case AttributeValue.Size(Dim dim) -> AttributeValue.of(replace.apply(dim));
      case AttributeValue.Items(List<AttributeValue> items) ->
          new AttributeValue.Items(items.stream().map(item -> withSizes(item, replace)).toList());
      case AttributeValue.Int _,
          AttributeValue.Real _,
          AttributeValue.Bool _,
          AttributeValue.Text _,
          AttributeValue.ElementType _ ->
          value;
    };
  }

  /**
   * A list of integers, some of which may be known only at run time.
   *
   * @param negative what a negative integer means, such as the -1 of a reshape
   */
  public List<Dim> sizes(String name, LongFunction<Dim> negative) {
    if (get(name) instanceof AttributeValue.Items(List<AttributeValue> items)) {
      return items.stream()
          .map(
              item ->
                  switch (item) {
                    case AttributeValue.Int(long value) ->
                        value < 0 ? negative.apply(value) : Dim.of(value);
                    case AttributeValue.Size(Dim dim) -> dim;
                    case AttributeValue.Real _,
                        AttributeValue.Bool _,
                        AttributeValue.Text _,
                        AttributeValue.ElementType _,
                        AttributeValue.Items _ ->
                        this.<Dim>wrong(name, "a list of sizes");
                  })
          .toList();
    }
    return wrong(name, "a list of sizes");
  }

  /** A list of sizes, some of which may be known only at run time; none is negative. */
  public List<Dim> sizes(String name) {
    return sizes(name, Dim::of);
  }

  /** An integer, which may be known only at run time; empty where it is negative. */
  public Optional<Dim> size(String name) {
    return switch (get(name)) {
      case AttributeValue.Int(long value) ->
          value < 0 ? Optional.empty() : Optional.of(Dim.of(value));
      case AttributeValue.Size(Dim dim) -> Optional.of(dim);
      case AttributeValue.Real _,
          AttributeValue.Bool _,
          AttributeValue.Text _,
          AttributeValue.ElementType _,
          AttributeValue.Items _ ->
          Optional.empty();
    };
  }

  /** True where a value is known only at run time. */
  public boolean hasOpenSizes() {
    return values.values().stream().anyMatch(Attributes::isOpen);
  }

  private static boolean isOpen(AttributeValue value) {
    return value instanceof AttributeValue.Size
        || (value instanceof AttributeValue.Items(List<AttributeValue> items)
            && items.stream().anyMatch(Attributes::isOpen));
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

    public Builder putSizes(String name, List<Dim> sizes) {
      return put(name, new AttributeValue.Items(sizes.stream().map(AttributeValue::of).toList()));
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
