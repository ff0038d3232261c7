package org.jtvmc.ir.interpret;

import java.util.Arrays;
import java.util.BitSet;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.type.DType;

/**
 * The contents of one buffer while loops run, with what is known of each element: whether it was
 * written, by which iteration of a parallel loop, and whether a copy into it is under way.
 */
final class Memory {
  private final Buffer buffer;
  private long[] shape;
  private long[] strides;
  private NDArray contents;
  private double[] reals;
  private long[] integers;
  private BitSet written;
  private BitSet underWay;
  private int[] writers;
  private ThreadAccesses threadAccesses;
  private ProductAccesses productAccesses;

  Memory(Buffer buffer) {
    this.buffer = buffer;
  }

  Buffer buffer() {
    return buffer;
  }

  /** Begins as a parameter; {@code input} where its contents are given. */
  void bind(NDArray array, long[] bufferShape, long[] bufferStrides, boolean input) {
    begin(bufferShape, bufferStrides);
    contents = array;
    if (Math.multiplyExact(span(), (long) buffer.dtype().bytes()) != array.data().byteSize()
        || !array.dtype().equals(buffer.dtype())) {
      throw new LoopFault(
          "buffer %s is %s%s and was given %s"
              .formatted(buffer, buffer.dtype(), Arrays.toString(shape), array));
    }
    if (input) {
      written.set(0, Math.toIntExact(span()));
    }
  }

  /** Begins as an allocation of unknown contents. */
  void allocate(long[] bufferShape, long[] bufferStrides) {
    begin(bufferShape, bufferStrides);
    int size = Math.toIntExact(span());
    if (buffer.dtype().isFloat()) {
      reals = new double[size];
      Arrays.fill(reals, Double.NaN);
    } else {
      integers = new long[size];
      Arrays.fill(integers, Rounding.wrap(buffer.dtype(), 0x5a5a5a5a5a5a5a5aL));
    }
  }

  /** Gives every element of an allocation of integers the value zero. */
  void clear() {
    Arrays.fill(integers, 0);
    written.set(0, integers.length);
  }

  /** True where every element of an allocation of integers is zero. */
  boolean isZero() {
    return Arrays.stream(integers).allMatch(value -> value == 0);
  }

  private void begin(long[] bufferShape, long[] bufferStrides) {
    shape = bufferShape;
    strides = bufferStrides;
    written = new BitSet();
    underWay = new BitSet();
    writers = null;
    threadAccesses = null;
    productAccesses = null;
  }

  /** What the threads of a GPU did. */
  ThreadAccesses threadAccesses() {
    if (threadAccesses == null) {
      threadAccesses = new ThreadAccesses(Math.toIntExact(shape.length == 0 ? 1 : span()));
    }
    return threadAccesses;
  }

  /** What products that were not waited for do with the elements. */
  ProductAccesses productAccesses() {
    if (productAccesses == null) {
      productAccesses = new ProductAccesses(Math.toIntExact(shape.length == 0 ? 1 : span()));
    }
    return productAccesses;
  }

  /** The number of elements between the first and the last, both included. */
  private long span() {
    long last = 0;
    for (int i = 0; i < shape.length; i++) {
      if (shape[i] == 0) {
        return 0;
      }
      last += (shape[i] - 1) * strides[i];
    }
    return last + 1;
  }

  /** The position of the element at {@code indices}, or -1 where one is out of bounds. */
  int position(long[] indices) {
    long position = 0;
    for (int i = 0; i < indices.length; i++) {
      if (indices[i] < 0 || indices[i] >= shape[i]) {
        return -1;
      }
      position += indices[i] * strides[i];
    }
    return Math.toIntExact(position);
  }

  boolean isWritten(int position) {
    return written.get(position);
  }

  /** True while a copy into the element may not have ended. */
  boolean isUnderWay(int position) {
    return underWay.get(position);
  }

  void setUnderWay(int position, boolean value) {
    underWay.set(position, value);
  }

  /** The iteration that wrote the element last, 0 for none. */
  int writer(int position) {
    return writers == null ? 0 : writers[position];
  }

  void setWriter(int position, int iteration) {
    if (writers == null) {
      writers = new int[Math.toIntExact(span())];
    }
    writers[position] = iteration;
  }

  double real(int position) {
    return contents != null ? contents.getDouble(position) : reals[position];
  }

  long integer(int position) {
    return contents != null ? contents.getLong(position) : integers[position];
  }

  void setReal(int position, double value) {
    written.set(position);
    if (contents != null) {
      contents.setDouble(position, value);
    } else {
      reals[position] = value;
    }
  }

  void setInteger(int position, long value) {
    written.set(position);
    if (contents != null) {
      contents.setLong(position, value);
    } else {
      integers[position] = value;
    }
  }

  /** The position of some element never written, or -1. */
  int firstUnwritten() {
    long size = shape.length == 0 ? 1 : span();
    int next = written.nextClearBit(0);
    return next < size ? next : -1;
  }

  String shapeText() {
    return Arrays.toString(shape);
  }

  DType dtype() {
    return buffer.dtype();
  }
}
