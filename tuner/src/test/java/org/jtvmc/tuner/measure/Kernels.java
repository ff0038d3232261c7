package org.jtvmc.tuner.measure;

import java.util.List;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.lower.Lowering;

/** Computations and kernels for tests, good and bad. */
public final class Kernels {
  private static final long SIZE = 64;

  private Kernels() {}

  public static CpuTarget host() {
    return HostCpu.detect().target().withCores(2);
  }

  /** {@code out = max(x * w, 0)} with constant weights. */
  public static ComputeDag dense(long m, long n, long k) {
    Tensor x = Tensor.placeholder("x", DType.F32, m, k);
    Tensor w = Tensor.placeholder("w", DType.F32, true, Tensor.sizes(k, n));
    Tensor dense =
        Tensor.reduce(
            "dense",
            Reducer.SUM,
            Tensor.sizes(m, n),
            Tensor.sizes(k),
            (i, r) -> x.at(List.of(i.get(0), r.get(0))).times(w.at(List.of(r.get(0), i.get(1)))));
    Tensor relu = Tensor.compute("relu", Tensor.sizes(m, n), i -> dense.at(i).max(FloatImm.f32(0)));
    return ComputeDag.of(List.of(x, w), List.of(relu));
  }

  /** {@code out = x * w}, of float16 numbers that are summed in float32. */
  public static ComputeDag halves(long m, long n, long k) {
    Tensor x = Tensor.placeholder("x", DType.F16, m, k);
    Tensor w = Tensor.placeholder("w", DType.F16, k, n);
    Tensor product =
        Tensor.reduce(
            "product",
            Reducer.SUM,
            Tensor.sizes(m, n),
            Tensor.sizes(k),
            (i, r) ->
                x.at(List.of(i.get(0), r.get(0)))
                    .cast(DType.F32)
                    .times(w.at(List.of(r.get(0), i.get(1))).cast(DType.F32)));
    return ComputeDag.of(List.of(x, w), List.of(product));
  }

  /** {@code out[i] = x[i] + 1}: what the kernels below are candidates for. */
  public static ComputeDag increment() {
    Tensor x = Tensor.placeholder("x", DType.F32, SIZE);
    Tensor out = Tensor.compute("out", Tensor.sizes(SIZE), i -> x.at(i).plus(FloatImm.f32(1)));
    return ComputeDag.of(List.of(x), List.of(out));
  }

  public static KernelSource unscheduled(ComputeDag dag) {
    return KernelSource.of(Lowering.lower(Schedule.of(dag), "kernel"), dag);
  }

  /** Writes far outside of its output. */
  public static KernelSource crashing() {
    return incrementing("crash", SIZE, 1L << 40, 1);
  }

  /** Goes on for ever. */
  public static KernelSource hanging() {
    Buffer x = buffer("x");
    Buffer out = buffer("out");
    PrimVar i = PrimVar.index("i");
    PrimExpr at = i.times(i).floorMod(SIZE);
    Stmt store =
        new Stmt.Store(out, List.of(at), new Load(out, List.of(i.floorMod(SIZE))).plus(one()));
    Stmt loop = new Stmt.For(i, IntImm.of(0), IntImm.of(1L << 60), ForKind.SERIAL, store);
    return source(new PrimFunc("hang", List.of(x), List.of(out), loop));
  }

  /** Adds two. */
  public static KernelSource wrong() {
    return incrementing("wrong", SIZE, 1, 2);
  }

  /** Leaves the last element as it was. */
  public static KernelSource incomplete() {
    return incrementing("incomplete", SIZE - 1, 1, 1);
  }

  /** Right, and called so that a test's compiler can take offence. */
  public static KernelSource named(String name) {
    return incrementing(name, SIZE, 1, 1);
  }

  private static KernelSource incrementing(String name, long count, long stride, double by) {
    Buffer x = buffer("x");
    Buffer out = buffer("out");
    PrimVar i = PrimVar.index("i");
    PrimExpr value = new Load(x, List.of(i)).plus(FloatImm.f32(by));
    Stmt store = new Stmt.Store(out, List.of(i.times(stride)), value);
    Stmt loop = new Stmt.For(i, IntImm.of(0), IntImm.of(count), ForKind.SERIAL, store);
    return source(new PrimFunc(name, List.of(x), List.of(out), loop));
  }

  private static PrimExpr one() {
    return FloatImm.f32(1);
  }

  private static Buffer buffer(String name) {
    return Buffer.dense(name, DType.F32, Tensor.sizes(SIZE), Scope.GLOBAL);
  }

  private static KernelSource source(PrimFunc function) {
    return new KernelSource(function, List.of(), List.of(new Feed(false, 0)));
  }
}
