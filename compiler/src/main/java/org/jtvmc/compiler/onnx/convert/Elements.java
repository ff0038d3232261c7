package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/**
 * What is known of the elements of a sequence whose length only a run knows.
 *
 * @param type their type, in which {@link #ANY} stands for a size that differs; empty while there
 *     is no element, and where they differ in the number of their dimensions
 * @param dtype what they are made of; empty while there is no element
 * @param isOptional whether the sequence may be missing altogether
 */
record Elements(Optional<TensorType> type, Optional<DType> dtype, boolean isOptional) {

  /** Of no sequence in particular. */
  static final Elements NONE = new Elements(Optional.empty(), Optional.empty(), false);

  /** Of an optional sequence that is not there. */
  static final Elements MISSING = new Elements(Optional.empty(), Optional.empty(), true);

  /** A size that elements do not have in common. */
  static final Dim ANY = Dim.of("any");

  /** Of sequences with this element too; empty where it is made of something else. */
  Optional<Elements> with(TensorType element) {
    return with(new Elements(Optional.of(known(element)), Optional.of(element.dtype()), false));
  }

  /** Of these and those; empty where they are made of different things. */
  Optional<Elements> with(Elements other) {
    boolean mayMiss = isOptional || other.isOptional;
    if (dtype.isEmpty() || other.dtype.isEmpty()) {
      Elements some = dtype.isEmpty() ? other : this;
      return Optional.of(new Elements(some.type, some.dtype, mayMiss));
    }
    if (!dtype.equals(other.dtype)) {
      return Optional.empty();
    }
    Optional<TensorType> both = type.flatMap(a -> other.type.flatMap(b -> joined(a, b)));
    return Optional.of(new Elements(both, dtype, mayMiss));
  }

  private static Optional<TensorType> joined(TensorType a, TensorType b) {
    if (a.rank() != b.rank()) {
      return Optional.empty();
    }
    List<Dim> shape = new ArrayList<>();
    for (int axis = 0; axis < a.rank(); axis++) {
      shape.add(a.dim(axis).equals(b.dim(axis)) ? a.dim(axis) : ANY);
    }
    return Optional.of(a.withShape(shape));
  }

  /** The same that are there. */
  Elements present() {
    return new Elements(type, dtype, false);
  }

  /** A size that only the run knows is none that elements have in common. */
  private static TensorType known(TensorType element) {
    return element.withShape(
        element.shape().stream().map(size -> size.isKnown() ? size : ANY).toList());
  }
}
