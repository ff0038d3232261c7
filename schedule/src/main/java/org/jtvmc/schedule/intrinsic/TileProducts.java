package org.jtvmc.schedule.intrinsic;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;

/**
 * Products of two matrices that each fit a tile register of AMX, summed into a third: {@code c[i,
 * j] = sum(wide(a[i, p, q]) * wide(b[p, j, q]))}. {@code q} walks through the numbers that share 32
 * bits: a row of {@code a} is as it lies in a row-major matrix, a row of {@code b} holds so many
 * rows of its matrix, those of a column side by side (Intel SDM volume 1, "Programming with Intel
 * AMX").
 *
 * <p>Their loop IR adds up one {@code p} after the other; code generation knows it by its form.
 */
final class TileProducts {
  /** The rows of a tile register. */
  private static final long ROWS = 16;

  /** The words of 32 bits of a row. */
  private static final long WORDS = 16;

  private static final int WORD_BYTES = 4;

  private TileProducts() {}

  /** {@code tdpbf16ps}, and {@code tdpbusd}, {@code tdpbssd}, {@code tdpbsud}, {@code tdpbuud}. */
  static List<TensorIntrinsic> all() {
    List<TensorIntrinsic> all = new ArrayList<>();
    all.add(of("x86.tile.bf16", DType.BF16, DType.BF16, DType.F32, "amx-bf16"));
    for (DType left : List.of(DType.U8, DType.I8)) {
      for (DType right : List.of(DType.I8, DType.U8)) {
        String name = "x86.tile." + letter(left) + "8" + letter(right) + "8";
        all.add(of(name, left, right, DType.I32, "amx-int8"));
      }
    }
    return all;
  }

  private static String letter(DType dtype) {
    return dtype.equals(DType.U8) ? "u" : "s";
  }

  private static TensorIntrinsic of(
      String name, DType left, DType right, DType sum, String feature) {
    long inWord = WORD_BYTES / left.bytes();
    Tensor a = Tensor.placeholder("a", left, ROWS, WORDS, inWord);
    Tensor b = Tensor.placeholder("b", right, WORDS, WORDS, inWord);
    Axis i = Axis.of("i", ROWS);
    Axis j = Axis.of("j", WORDS);
    Axis p = Axis.of("p", WORDS);
    Axis q = Axis.of("q", inWord);
    Tensor c =
        Tensor.reduce(
            "c",
            Reducer.SUM,
            List.of(i, j),
            List.of(p, q),
            a.at(i.var(), p.var(), q.var())
                .cast(sum)
                .times(b.at(p.var(), j.var(), q.var()).cast(sum)));
    return new TensorIntrinsic(
        name,
        c,
        Map.of(
            a,
            List.of(TensorIntrinsic.ANY, inWord, 1L),
            b,
            List.of(WORDS * inWord, inWord, 1L),
            c,
            List.of(TensorIntrinsic.ANY, 1L)),
        Set.of(i, p),
        target -> has(target, feature),
        new Rows());
  }

  private static boolean has(Target target, String feature) {
    return target instanceof CpuTarget cpu
        && cpu.isX86()
        && cpu.features().contains("amx-tile")
        && cpu.features().contains(feature);
  }

  /** A loop over the rows, one over the words of the reduction, and the columns in lanes. */
  private record Rows() implements TensorIntrinsic.Code {

    @Override
    public Stmt initialise(TileMatch tile) {
      Load result = tile.result();
      PrimVar row = PrimVar.index(tile.spatial().get(0).name());
      PrimVar column = PrimVar.index(tile.spatial().get(1).name());
      Map<PrimVar, PrimExpr> fresh =
          Map.of(tile.spatial().get(0), row, tile.spatial().get(1), column);
      List<PrimExpr> indices =
          result.indices().stream().map(index -> PrimExprs.substitute(index, fresh)).toList();
      Stmt store = new Stmt.Store(result.buffer(), indices, Reducer.SUM.identity(result.dtype()));
      PrimExpr condition = PrimExprs.substitute(tile.loops().condition(), fresh);
      return loop(
          row,
          tile.loops().extents().get(tile.spatial().get(0)),
          ForKind.SERIAL,
          loop(column, WORDS, ForKind.VECTORIZED, under(condition, store)));
    }

    @Override
    public Stmt update(TileMatch tile) {
      Load result = tile.result();
      PrimVar row = tile.spatial().get(0);
      PrimVar word = tile.reduced().get(0);
      PrimVar within = tile.reduced().get(1);
      PrimExpr sum = null;
      for (long q = 0; q < tile.loops().extents().get(within); q++) {
        PrimExpr product = PrimExprs.substitute(tile.value(), Map.of(within, IntImm.of(q)));
        sum = sum == null ? product : sum.plus(product);
      }
      Stmt store = new Stmt.Store(result.buffer(), result.indices(), result.plus(sum));
      return loop(
          row,
          tile.loops().extents().get(row),
          ForKind.SERIAL,
          loop(
              word,
              tile.loops().extents().get(word),
              ForKind.SERIAL,
              loop(
                  tile.spatial().get(1),
                  WORDS,
                  ForKind.VECTORIZED,
                  under(tile.loops().condition(), store))));
    }

    private static Stmt under(PrimExpr condition, Stmt body) {
      return IntImm.is(condition, 1) ? body : Stmt.If.guard(condition, body);
    }

    private static Stmt loop(PrimVar variable, long extent, ForKind kind, Stmt body) {
      return new Stmt.For(variable, IntImm.of(0), IntImm.of(extent), kind, body);
    }
  }
}
