package org.jtvmc.schedule.intrinsic;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.target.Target;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;

/**
 * What an instruction computes, and the loop IR that has it computed. A {@code Tensorize} step puts
 * {@link #code} in the place of loops that compute the same; lowering checks that they do.
 *
 * @param name stands in steps and records, and so never changes its meaning
 * @param definition a small reduction over placeholders, which its body reads at plain axes: {@code
 *     c[i] = sum(float32(a[k]) * float32(b[i, k]), [k in 0..2])}
 * @param strides for the result and each placeholder, per dimension, how far apart in memory the
 *     instruction wants neighbouring elements, in elements; {@link #ANY} where the code asks
 * @param shorter the axes along which a tile may be smaller than the definition's, and end early
 * @param available whether a target has it
 */
public record TensorIntrinsic(
    String name,
    Tensor definition,
    Map<Tensor, List<Long>> strides,
    Set<Axis> shorter,
    Predicate<Target> available,
    Code code) {

  /** A stride that the code can cope with, whatever it is. */
  public static final long ANY = -1;

  /** The loop IR for one place where the intrinsic is used. */
  public interface Code {

    /** Gives every element of the tile the reducer's neutral element. */
    Stmt initialise(TileMatch tile);

    /**
     * Adds the products of one tile to its result. It may bind the variables of {@link
     * TileMatch#spatial} and {@link TileMatch#reduced} as loops, each once.
     */
    Stmt update(TileMatch tile);
  }

  public TensorIntrinsic {
    strides = Map.copyOf(strides);
    shorter = Set.copyOf(shorter);
    if (!(definition.op() instanceof ComputeOp op) || !op.isReduction()) {
      throw new IllegalArgumentException(name + " is no reduction");
    }
  }

  public ComputeOp computes() {
    return (ComputeOp) definition.op();
  }

  /** The type of the definition's operand that is its product's left factor. */
  public DType leftType() {
    return factor(computes().body(), true);
  }

  /** The type of the one that is the right factor. */
  public DType rightType() {
    return factor(computes().body(), false);
  }

  private DType factor(PrimExpr body, boolean left) {
    if (body instanceof Binary(BinaryOp op, Cast a, Cast b) && op == BinaryOp.MULTIPLY) {
      return (left ? a : b).value().dtype();
    }
    throw new IllegalStateException(name + " multiplies no two numbers: " + body);
  }

  /** Whether a loop of {@code extent} iterations is one that it does for {@code axis}. */
  public boolean fits(Axis axis, long extent) {
    return shorter.contains(axis) ? extent <= axis.size() : extent == axis.size();
  }

  /** The name, for messages. */
  @Override
  public String toString() {
    return name;
  }
}
