package org.jtvmc.ir.loop;

import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.type.DType;

/**
 * A region of memory seen as an array. The element {@code [i0, i1, ...]} lies {@code sum(ik *
 * strides[k])} elements after the base. Equal only to itself.
 */
public final class Buffer {
  private final String name;
  private final DType dtype;
  private final List<PrimExpr> shape;
  private final List<PrimExpr> strides;
  private final Scope scope;

  /** A buffer with explicit strides, in elements. */
  public Buffer(
      String name, DType dtype, List<PrimExpr> shape, List<PrimExpr> strides, Scope scope) {
    this.name = name;
    this.dtype = dtype;
    this.shape = List.copyOf(shape);
    this.strides = List.copyOf(strides);
    this.scope = scope;
    if (this.shape.size() != this.strides.size()) {
      throw new IllegalArgumentException(
          "buffer %s has %d sizes and %d strides"
              .formatted(name, this.shape.size(), this.strides.size()));
    }
  }

  /** A dense row-major buffer. */
  public static Buffer dense(String name, DType dtype, List<PrimExpr> shape, Scope scope) {
    PrimExpr[] strides = new PrimExpr[shape.size()];
    PrimExpr stride = IntImm.of(1);
    for (int axis = shape.size() - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride = stride.times(shape.get(axis));
    }
    return new Buffer(name, dtype, shape, List.of(strides), scope);
  }

  public String name() {
    return name;
  }

  public DType dtype() {
    return dtype;
  }

  public List<PrimExpr> shape() {
    return shape;
  }

  /** In elements. */
  public List<PrimExpr> strides() {
    return strides;
  }

  public Scope scope() {
    return scope;
  }

  public int rank() {
    return shape.size();
  }

  @Override
  public String toString() {
    return name;
  }
}
