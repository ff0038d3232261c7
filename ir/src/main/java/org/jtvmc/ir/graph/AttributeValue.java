package org.jtvmc.ir.graph;

import java.util.List;
import java.util.stream.Collectors;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;

/** The value of one attribute of an operator. */
public sealed interface AttributeValue {

  record Int(long value) implements AttributeValue {
    @Override
    public String toString() {
      return Long.toString(value);
    }
  }

  /** Printed so that it parses back to the same bits and is never mistaken for an integer. */
  record Real(double value) implements AttributeValue {
    @Override
    public String toString() {
      return Double.toString(value);
    }
  }

  record Bool(boolean value) implements AttributeValue {
    @Override
    public String toString() {
      return Boolean.toString(value);
    }
  }

  record Text(String value) implements AttributeValue {
    @Override
    public String toString() {
      return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }
  }

  record ElementType(DType value) implements AttributeValue {
    @Override
    public String toString() {
      return value.toString();
    }
  }

  /** A size that is not known when the model is compiled; see {@link #of(Dim)}. */
  record Size(Dim value) implements AttributeValue {
    @Override
    public String toString() {
      return "<" + value + ">";
    }
  }

  /** A size, as a number where it is one. */
  static AttributeValue of(Dim dim) {
    return dim instanceof Dim.Known(long value) ? new Int(value) : new Size(dim);
  }

  /** A list whose items are of one kind; sizes and integers are. */
  record Items(List<AttributeValue> values) implements AttributeValue {
    public Items {
      values = List.copyOf(values);
    }

    @Override
    public String toString() {
      return values.stream().map(Object::toString).collect(Collectors.joining(", ", "[", "]"));
    }
  }
}
