package org.jtvmc.tuner.feature;

import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Buffer;

/** All that one statement does with one buffer. */
public final class Access {

  /** Whether the statement reads the buffer, writes it, or both. */
  public enum Type {
    READ,
    WRITE,
    READ_WRITE
  }

  /** The bytes that memory moves at once. */
  static final double LINE_BYTES = 64;

  private final Buffer buffer;
  private final double[] extents;
  private final double[] shape;
  private final double[] strides;
  private final double[][] values;
  private final boolean[] moves;
  private final double[] step;
  private Type type;
  private int occurrences;

  Access(Buffer buffer, Type type, double[] extents) {
    this.buffer = buffer;
    this.type = type;
    this.extents = extents;
    int rank = buffer.rank();
    this.shape = new double[rank];
    this.strides = new double[rank];
    double dense = 1;
    for (int dim = rank - 1; dim >= 0; dim--) {
      shape[dim] = constant(buffer.shape().get(dim), Double.POSITIVE_INFINITY);
      strides[dim] = constant(buffer.strides().get(dim), dense);
      dense = strides[dim] * shape[dim];
    }
    this.values = new double[rank][extents.length + 1];
    this.moves = new boolean[extents.length];
    this.step = new double[extents.length];
  }

  /**
   * Adds places in the statement where the buffer is named.
   *
   * @param times the number of places with the same indices
   */
  void add(List<LinearIndex> indices, Type use, int times) {
    type = type == use ? type : Type.READ_WRITE;
    boolean first = occurrences == 0;
    occurrences += times;
    for (int dim = 0; dim < shape.length; dim++) {
      LinearIndex index = indices.get(dim);
      double count = 0;
      for (int depth = extents.length; depth >= 0; depth--) {
        // A loop that does not move the index changes nothing.
        if (depth == extents.length || index.depends(depth)) {
          count = Math.min(index.values(depth, extents), shape[dim]);
        }
        values[dim][depth] = Math.max(values[dim][depth], count);
      }
    }
    for (int k = 0; k < extents.length; k++) {
      double distance = 0;
      for (int dim = 0; dim < shape.length; dim++) {
        moves[k] |= indices.get(dim).depends(k);
        distance += indices.get(dim).coefficient(k) * strides[dim];
      }
      if (first || step[k] == 0) {
        step[k] = Math.abs(distance);
      }
    }
  }

  public Buffer buffer() {
    return buffer;
  }

  public Type type() {
    return type;
  }

  /** How often the statement names the buffer. */
  public int occurrences() {
    return occurrences;
  }

  /** True where loop {@code k}, counted from the outermost, moves the access. */
  public boolean moves(int k) {
    return moves[k];
  }

  /** The distance in elements that one step of loop {@code k} moves the access. */
  public double step(int k) {
    return step[k];
  }

  /** How many loops there are around the statement. */
  public int loops() {
    return extents.length;
  }

  /** The iterations of loop {@code k}. */
  public double extent(int k) {
    return extents[k];
  }

  /** The distinct elements touched while the loops from {@code depth} inwards run. */
  public double elements(int depth) {
    double product = 1;
    for (double[] dim : values) {
      product *= dim[depth];
    }
    return product;
  }

  /** The distinct bytes touched while the loops from {@code depth} inwards run. */
  public double bytes(int depth) {
    return elements(depth) * buffer.dtype().bytes();
  }

  /** The distinct cache lines touched while the loops from {@code depth} inwards run. */
  public double lines(int depth) {
    double bytes = bytes(depth);
    double run = buffer.dtype().bytes();
    for (int dim = values.length - 1; dim >= 0; dim--) {
      if (dim == values.length - 1 && strides[dim] != 1) {
        break;
      }
      run *= values[dim][depth];
      if (values[dim][depth] < shape[dim]) {
        break;
      }
    }
    double linesPerRun = Math.ceil(run / LINE_BYTES);
    return Math.max(1, bytes / run * linesPerRun);
  }

  private static double constant(PrimExpr size, double otherwise) {
    return size instanceof IntImm imm ? imm.value() : otherwise;
  }
}
