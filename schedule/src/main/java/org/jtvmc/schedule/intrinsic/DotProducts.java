package org.jtvmc.schedule.intrinsic;

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
 * Instructions that add to each lane a short dot product of narrow numbers, one operand of which
 * all lanes share: {@code c[i] = sum(wide(a[k]) * wide(b[i, k]))}.
 *
 * <p>Their loop IR writes the sum out; code generation knows it by its form.
 */
final class DotProducts {
  private static final long LANES = 16;

  private DotProducts() {}

  /** {@code vpdpbusd} of AVX512-VNNI and AVX-VNNI: four products of unsigned and signed bytes. */
  static TensorIntrinsic vnni() {
    return of("x86.dot4.u8s8", DType.U8, DType.I8, DType.I32, 4, List.of("avx512vnni", "avxvnni"));
  }

  /** {@code vdpbf16ps} of AVX512-BF16: two products of bfloat16; subnormal numbers count as 0. */
  static TensorIntrinsic bf16() {
    return of("x86.dot2.bf16", DType.BF16, DType.BF16, DType.F32, 2, List.of("avx512bf16"));
  }

  private static TensorIntrinsic of(
      String name, DType shared, DType own, DType sum, long length, List<String> features) {
    Tensor a = Tensor.placeholder("a", shared, length);
    Tensor b = Tensor.placeholder("b", own, LANES, length);
    Axis i = Axis.of("i", LANES);
    Axis k = Axis.of("k", length);
    Tensor c =
        Tensor.reduce(
            "c",
            Reducer.SUM,
            List.of(i),
            List.of(k),
            a.at(k.var()).cast(sum).times(b.at(i.var(), k.var()).cast(sum)));
    return new TensorIntrinsic(
        name,
        c,
        Map.of(a, List.of(1L), b, List.of(length, 1L), c, List.of(1L)),
        Set.of(),
        target -> hasAny(target, features),
        new Lanes());
  }

  private static boolean hasAny(Target target, List<String> features) {
    return target instanceof CpuTarget cpu
        && features.stream().anyMatch(feature -> cpu.features().contains(feature));
  }

  /** A vectorised loop over the lanes, the sum written out. */
  private record Lanes() implements TensorIntrinsic.Code {

    @Override
    public Stmt initialise(TileMatch tile) {
      Load result = tile.result();
      PrimVar lane = tile.spatial().getFirst();
      PrimVar fresh = PrimVar.index(lane.name());
      List<PrimExpr> indices =
          result.indices().stream()
              .map(index -> PrimExprs.substitute(index, Map.of(lane, fresh)))
              .toList();
      return overLanes(
          fresh, new Stmt.Store(result.buffer(), indices, Reducer.SUM.identity(result.dtype())));
    }

    @Override
    public Stmt update(TileMatch tile) {
      Load result = tile.result();
      PrimVar step = tile.reduced().getFirst();
      long length = tile.intrinsic().computes().reduceAxes().getFirst().size();
      PrimExpr sum = null;
      for (long k = 0; k < length; k++) {
        PrimExpr product = PrimExprs.substitute(tile.value(), Map.of(step, IntImm.of(k)));
        sum = sum == null ? product : sum.plus(product);
      }
      return overLanes(
          tile.spatial().getFirst(),
          new Stmt.Store(result.buffer(), result.indices(), result.plus(sum)));
    }

    private static Stmt overLanes(PrimVar lane, Stmt body) {
      return new Stmt.For(lane, IntImm.of(0), IntImm.of(LANES), ForKind.VECTORIZED, body);
    }
  }
}
