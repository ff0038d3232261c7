package org.jtvmc.codegen.emit;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.Not;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.type.DType;

/** Cuts vectorised loops into pieces that each fill one vector register. */
public final class VectorPlan {

  /**
   * Iterations {@code [start, start + count)} as one vector.
   *
   * @param lanes a power of two, at least {@code count}; the lanes beyond are masked off
   */
  public record Piece(int start, int count, int lanes) {}

  private final InstructionSet target;
  private final Map<Stmt.For, List<Piece>> plans = new IdentityHashMap<>();

  public VectorPlan(InstructionSet target) {
    this.target = target;
  }

  /**
   * The pieces of a vectorised loop, in order.
   *
   * @throws CodegenException where its extent is not a constant
   */
  List<Piece> pieces(Stmt.For loop) {
    return plans.computeIfAbsent(
        loop,
        l -> {
          if (l.extent() instanceof IntImm extent) {
            return pieces(extent.value(), registerLanes(l.body(), target), target);
          }
          throw new CodegenException(
              "vectorised loop " + l.var() + " has no constant extent: " + l.extent());
        });
  }

  /** Lanes of one register for the widest type that {@code body} computes with. */
  public static int registerLanes(Stmt body, InstructionSet target) {
    int[] bits = {8};
    Stmts.forEach(
        body,
        stmt -> {
          if (stmt instanceof Stmt.Store store) {
            boolean inMemory = target.isGpu();
            bits[0] = Math.max(bits[0], bits(store.buffer().dtype(), inMemory));
            bits[0] = Math.max(bits[0], widest(store.value(), inMemory));
          }
        });
    return Math.max(1, target.vectorBits() / bits[0]);
  }

  static List<Piece> pieces(long extent, int lanes, InstructionSet target) {
    List<Piece> pieces = new ArrayList<>();
    int start = 0;
    int left = Math.toIntExact(Math.max(0, extent));
    while (left >= lanes) {
      pieces.add(new Piece(start, lanes, lanes));
      start += lanes;
      left -= lanes;
    }
    boolean masks = target.features().contains("avx512f");
    while (left > 0) {
      int part = Integer.highestOneBit(left);
      if (masks && part != left) {
        pieces.add(new Piece(start, left, part * 2));
        break;
      }
      pieces.add(new Piece(start, part, part));
      start += part;
      left -= part;
    }
    return pieces;
  }

  /** What one lane takes: of a register, or, where lanes are computed apart, of memory. */
  private static int bits(DType dtype, boolean inMemory) {
    return inMemory ? 8 * dtype.bytes() : IrTypes.registerBits(dtype);
  }

  /** The widest type among the values of {@code expr}; index arithmetic does not count. */
  private static int widest(PrimExpr expr, boolean inMemory) {
    return switch (expr) {
      case IntImm _, PrimVar _, Read _ -> 0;
      case FloatImm imm -> bits(imm.dtype(), inMemory);
      case Load load -> bits(load.dtype(), inMemory);
      case Cast(DType dtype, PrimExpr value) ->
          Math.max(bits(dtype, inMemory), widest(value, inMemory));
      case Reinterpret(DType dtype, PrimExpr value) ->
          Math.max(bits(dtype, inMemory), widest(value, inMemory));
      case Binary(_, PrimExpr left, PrimExpr right) ->
          Math.max(widest(left, inMemory), widest(right, inMemory));
      case Compare(_, PrimExpr left, PrimExpr right) ->
          Math.max(widest(left, inMemory), widest(right, inMemory));
      case Not(PrimExpr operand) -> widest(operand, inMemory);
      case Select(PrimExpr condition, PrimExpr whenTrue, PrimExpr whenFalse) ->
          Math.max(
              widest(condition, inMemory),
              Math.max(widest(whenTrue, inMemory), widest(whenFalse, inMemory)));
      case Intrinsic intrinsic ->
          intrinsic.arguments().stream().mapToInt(a -> widest(a, inMemory)).max().orElse(0);
    };
  }
}
