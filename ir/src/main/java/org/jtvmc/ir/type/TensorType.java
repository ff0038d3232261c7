package org.jtvmc.ir.type;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A dense tensor.
 *
 * @param shape the dimensions, outermost first; empty for a scalar
 * @param dtype the type of one element
 */
public record TensorType(List<Dim> shape, DType dtype) implements Type {

  public TensorType {
    shape = List.copyOf(shape);
  }

  /** A tensor whose sizes are all known. */
  public static TensorType of(DType dtype, long... shape) {
    return new TensorType(Arrays.stream(shape).mapToObj(Dim::of).toList(), dtype);
  }

  public int rank() {
    return shape.size();
  }

  public Dim dim(int axis) {
    return shape.get(axis);
  }

  /** True where every dimension is a number. */
  public boolean isStatic() {
    return shape.stream().allMatch(Dim::isKnown);
  }

  /**
   * The sizes as numbers.
   *
   * @throws IllegalStateException where a dimension is symbolic
   */
  public List<Long> sizes() {
    return shape.stream().map(Dim::value).toList();
  }

  /** The number of elements. */
  public long elements() {
    return shape.stream().mapToLong(Dim::value).reduce(1, Math::multiplyExact);
  }

  /** The number of bytes of the dense tensor. */
  public long bytes() {
    return Math.multiplyExact(elements(), (long) dtype.bytes());
  }

  public TensorType withDType(DType other) {
    return new TensorType(shape, other);
  }

  public TensorType withShape(List<Dim> other) {
    return new TensorType(other, dtype);
  }

  /** The text form: {@code Tensor[(1, 3, h, w), float32]}. */
  @Override
  public String toString() {
    return shape.stream().map(Dim::toString).collect(Collectors.joining(", ", "Tensor[(", "), "))
        + dtype
        + "]";
  }
}
