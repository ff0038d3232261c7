package org.jtvmc.tuner.draft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tuner.feature.LoopAnalysis;
import org.junit.jupiter.api.Test;

/** The model of a GPU ranks schedules as their use of its units says. */
class OccupancyDraftTest {
  private static final CudaTarget GPU = CudaTarget.typical(80);

  /** The time to start a kernel, which every estimate has. */
  private static final double LAUNCH_MS = 2e-3;

  private static ComputeDag matmul(long rows, long depth, long columns) {
    Tensor a = Tensor.placeholder("a", DType.F32, rows, depth);
    Tensor b = Tensor.placeholder("b", DType.F32, depth, columns);
    return ComputeDag.of(
        List.of(a, b),
        List.of(
            Tensor.reduce(
                "c",
                Reducer.SUM,
                Tensor.sizes(rows, columns),
                Tensor.sizes(depth),
                (i, r) -> a.at(i.get(0), r.get(0)).times(b.at(r.get(0), i.get(1))))));
  }

  private static double ms(Schedule schedule) {
    return DraftModel.of(GPU).estimateMs(LoopAnalysis.of(Lowering.lower(schedule, "kernel").func()))
        - LAUNCH_MS;
  }

  private static double defaultMs(ComputeDag dag) {
    return ms(DesignSpace.of(dag, GPU).defaultCandidate().schedule());
  }

  @Test
  void noProductIsFasterThanTheMultiplyAddUnits() {
    double flops = 2.0 * 2048 * 2048 * 2048;
    double peak = 2.0 * GPU.fmaPerCycle() * GPU.multiprocessors() * GPU.clockHertz();
    double least = flops / peak * 1e3;
    double estimate = defaultMs(matmul(2048, 2048, 2048));
    assertTrue(estimate >= least, estimate + " ms, at the peak " + least);
    assertTrue(estimate <= 4 * least, estimate + " ms, at the peak " + least);
  }

  @Test
  void tilesInSharedMemoryAreWorthWhile() {
    ComputeDag dag = matmul(2048, 2048, 2048);
    assertTrue(3 * defaultMs(dag) < ms(DesignSpace.plain(dag, GPU)));
  }

  @Test
  void copyingTakesAsLongAsDeviceMemoryDoes() {
    long elements = 64L << 20;
    Tensor x = Tensor.placeholder("x", DType.F32, elements);
    Tensor y = Tensor.compute("y", Tensor.sizes(elements), i -> x.at(i.get(0)));
    double wanted = 2.0 * elements * Float.BYTES / GPU.bandwidthBytes() * 1e3;
    assertEquals(wanted, defaultMs(ComputeDag.of(List.of(x), List.of(y))), 0.02 * wanted);
  }

  private static ComputeDag halves(long rows, long depth, long columns) {
    Tensor a = Tensor.placeholder("a", DType.F16, rows, depth);
    Tensor b = Tensor.placeholder("b", DType.F16, columns, depth);
    return ComputeDag.of(
        List.of(a, b),
        List.of(
            Tensor.reduce(
                "c",
                Reducer.SUM,
                Tensor.sizes(rows, columns),
                Tensor.sizes(depth),
                (i, r) ->
                    a.at(i.get(0), r.get(0))
                        .cast(DType.F32)
                        .times(b.at(i.get(1), r.get(0)).cast(DType.F32)))));
  }

  @Test
  void tensorCoresHaveTheirOwnPeak() {
    double products = 4096.0 * 4096 * 4096;
    double perMs = GPU.multiprocessors() * (double) GPU.clockHertz() / 1e3;
    double estimate = defaultMs(halves(4096, 4096, 4096));
    assertTrue(estimate >= products / (perMs * GPU.coreProductsPerCycle(2)), estimate + " ms");
    assertTrue(estimate < products / (perMs * GPU.fmaPerCycle()) / 3, estimate + " ms");
  }

  /** Of schedules that differ in nothing else. */
  @Test
  void copiesThatRunAheadAreNotWorse() {
    for (ComputeDag dag : List.of(matmul(2048, 2048, 2048), halves(2048, 2048, 2048))) {
      DesignSpace space = DesignSpace.of(dag, GPU);
      String decision =
          space.defaultCandidate().values().keySet().stream()
              .filter(name -> name.endsWith(".pipeline"))
              .findFirst()
              .orElseThrow();
      Map<String, String> values = new HashMap<>(space.defaultCandidate().values());
      values.put(decision, "1");
      double none = ms(space.replay(values).schedule());
      values.put(decision, "2 async");
      double ahead = ms(space.replay(values).schedule());
      assertTrue(ahead <= none, ahead + " ms ahead, " + none + " ms without");
    }
  }

  /** Small tiles, whose parts a block adds up in less time than it takes to start a kernel. */
  @Test
  void theLastBlockSavesALaunch() {
    ComputeDag dag = matmul(32, 4096, 64);
    DesignSpace space = DesignSpace.of(dag, GPU);
    Map<String, String> values =
        new HashMap<>(Map.of("c.split", "4", "c.rf.cache.tile", "8x8*2x2", "c.adding", "block"));
    double joined = ms(space.replay(values).schedule());
    values.put("c.adding", "launch");
    double apart = ms(space.replay(values).schedule());
    assertTrue(joined < apart, joined + " ms joined, " + apart + " ms in two launches");
    assertTrue(apart - joined < LAUNCH_MS, joined + " ms joined, " + apart + " in two launches");
  }

  /** A port's worth at most, and together no more than the cache gives to all. */
  @Test
  void fewMultiprocessorsGetMoreOfTheCacheEach() {
    double all = GPU.multiprocessors() * GPU.l2BytesPerCycle(GPU.multiprocessors());
    double before = Double.POSITIVE_INFINITY;
    for (int reading = 1; reading <= GPU.multiprocessors(); reading++) {
      double each = GPU.l2BytesPerCycle(reading);
      assertTrue(each <= before && each <= 2 * all / GPU.multiprocessors(), reading + ": " + each);
      assertTrue(reading * each <= all * (1 + 1e-9), reading + ": " + each);
      before = each;
    }
  }

  @Test
  void neighboursThatReadAColumnWaitForWholeSectors() {
    Tensor x = Tensor.placeholder("x", DType.F32, 4096, 4096);
    Tensor rows = Tensor.compute("y", x.shape(), i -> x.at(i.get(0), i.get(1)));
    Tensor columns = Tensor.compute("y", x.shape(), i -> x.at(i.get(1), i.get(0)));
    double along = ms(DesignSpace.plain(ComputeDag.of(List.of(x), List.of(rows)), GPU));
    double across = ms(DesignSpace.plain(ComputeDag.of(List.of(x), List.of(columns)), GPU));
    assertTrue(along < across, along + " ms along rows, " + across + " ms across");
  }

  /**
   * Four blocks for each multiprocessor, whose threads leave elements in one buffer of 40 KiB and
   * then in another: two such blocks have room where both buffers are there at once, and four where
   * they lie in the same bytes.
   */
  private static double twoBuffersMs(boolean atOnce) {
    long blocks = 4L * GPU.multiprocessors();
    long threads = 128;
    List<PrimExpr> all = List.of(IntImm.of(blocks), IntImm.of(threads));
    Buffer x = Buffer.dense("x", DType.F32, all, Scope.GLOBAL);
    Buffer y = Buffer.dense("y", DType.F32, all, Scope.GLOBAL);
    PrimVar block = PrimVar.index("block");
    PrimVar thread = PrimVar.index("thread");
    List<PrimExpr> own = List.of(block, thread);
    List<Buffer> shared = new ArrayList<>();
    List<Stmt> turns = new ArrayList<>();
    for (String name : List.of("first", "second")) {
      Buffer buffer =
          Buffer.dense(name, DType.F32, List.of(IntImm.of(40 << 10 >> 2)), Scope.SHARED);
      Stmt in = new Stmt.Store(buffer, List.of(thread), new Load(x, own));
      Stmt out = new Stmt.Store(y, own, new Load(buffer, List.of(thread)));
      Stmt turn = Stmt.seq(in, out);
      turns.add(atOnce ? turn : new Stmt.Allocate(buffer, turn));
      shared.add(buffer);
    }
    Stmt body = Stmt.seq(turns);
    for (Buffer buffer : atOnce ? shared : List.<Buffer>of()) {
      body = new Stmt.Allocate(buffer, body);
    }
    body = bound(thread, threads, ThreadTag.THREAD_X, body);
    body = bound(block, blocks, ThreadTag.BLOCK_X, body);
    PrimFunc function = new PrimFunc("kernel", List.of(x), List.of(y), body);
    return DraftModel.of(GPU).estimateMs(LoopAnalysis.of(function));
  }

  private static Stmt bound(PrimVar var, long extent, ThreadTag tag, Stmt body) {
    return new Stmt.For(
        var, IntImm.of(0), IntImm.of(extent), ForKind.THREAD, Optional.of(tag), body);
  }

  @Test
  void buffersThatLieInTheSameBytesCountOnce() {
    double overlaid = twoBuffersMs(false);
    double apart = twoBuffersMs(true);
    assertTrue(overlaid < apart, overlaid + " ms in the same bytes, " + apart + " ms side by side");
  }

  /** A launch is what stands at the root, however many loops are in it. */
  @Test
  void loopsBehindEachOtherInOneNestAreOneLaunch() {
    long elements = 32;
    Buffer x = Buffer.dense("x", DType.F32, List.of(IntImm.of(elements)), Scope.GLOBAL);
    Buffer y = Buffer.dense("y", DType.F32, List.of(IntImm.of(elements)), Scope.GLOBAL);
    Buffer kept = Buffer.dense("kept", DType.F32, List.of(IntImm.of(1)), Scope.LOCAL);
    PrimVar in = PrimVar.index("in");
    PrimVar out = PrimVar.index("out");
    PrimExpr first = IntImm.of(0);
    Stmt load = new Stmt.Store(kept, List.of(first), new Load(x, List.of(in)));
    Stmt store = new Stmt.Store(y, List.of(out), new Load(kept, List.of(first)));
    Stmt turns =
        Stmt.seq(
            bound(in, elements, ThreadTag.THREAD_X, load),
            bound(out, elements, ThreadTag.THREAD_X, store));
    PrimFunc function =
        new PrimFunc("kernel", List.of(x), List.of(y), new Stmt.Allocate(kept, turns));
    double estimate = DraftModel.of(GPU).estimateMs(LoopAnalysis.of(function));
    assertTrue(estimate < 1.5 * LAUNCH_MS, estimate + " ms");
  }
}
