package org.jtvmc.ir.loop;

import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.type.DType;

/**
 * A region of memory seen as an array. The element {@code [i0, i1, ...]} lies {@code sum(ik *
 * strides[k])} elements after the base. Equal only to itself.
 *
 * <p>A swizzled buffer is one in a GPU's shared memory whose elements a device keeps in another
 * order than its strides say, in which rows and columns of it are in different banks: lines of
 * {@link #LINE_BYTES} along the dimension with stride 1, those of one place in it below each other,
 * with the groups of 16 bytes of line {@code r} at their number exclusive-or {@code r mod 8}. That
 * is the 128-byte swizzling of the PTX ISA, "Asynchronous Warpgroup Level Matrix Shared Memory
 * Layout".
 */
public final class Buffer {
  /** What a line of a swizzled buffer holds. */
  public static final int LINE_BYTES = 128;

  private final String name;
  private final DType dtype;
  private final List<PrimExpr> shape;
  private final List<PrimExpr> strides;
  private final Scope scope;
  private final boolean swizzled;

  /** A buffer with explicit strides, in elements. */
  public Buffer(
      String name, DType dtype, List<PrimExpr> shape, List<PrimExpr> strides, Scope scope) {
    this(name, dtype, shape, strides, scope, false);
  }

  /**
   * A buffer with explicit strides, in elements.
   *
   * @param swizzled true only where the strides leave nothing out
   */
  public Buffer(
      String name,
      DType dtype,
      List<PrimExpr> shape,
      List<PrimExpr> strides,
      Scope scope,
      boolean swizzled) {
    this.swizzled = swizzled;
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

  /** True where a device keeps the elements in the order that is described above. */
  public boolean isSwizzled() {
    return swizzled;
  }

  /** This buffer with another shape and strides. */
  public Buffer with(List<PrimExpr> otherShape, List<PrimExpr> otherStrides) {
    return new Buffer(name, dtype, otherShape, otherStrides, scope, swizzled);
  }

  public int rank() {
    return shape.size();
  }

  @Override
  public String toString() {
    return name;
  }
}
