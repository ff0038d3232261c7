package org.jtvmc.codegen.peak;

import java.util.Arrays;
import java.util.List;
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
import org.jtvmc.ir.type.DType;

/** Kernels that do one thing and nothing else, for each thread the same. */
final class PeakKernels {
  private final int threads;
  private final long lanes;

  /** Independent chains: enough to hide the latency, few enough to stay in registers. */
  private final long chains;

  PeakKernels(CpuTarget target, int threads) {
    this.threads = threads;
    this.lanes = target.lanes(Float.BYTES);
    this.chains = target.vectorRegisters() - 4L;
  }

  /** Multiply-adds of one run of {@link #multiplyAdds}. */
  double multiplyAddCount(long rounds) {
    return (double) threads * rounds * chains * lanes;
  }

  /** {@code tile = tile * x + y} on registers alone; x holds a number below one. */
  PrimFunc multiplyAdds(long rounds) {
    Buffer x = buffer("x", lanes);
    Buffer y = buffer("y", lanes);
    Buffer out = buffer("out", threads, chains, lanes);
    Buffer tile = Buffer.dense("tile", DType.F32, sizes(chains, lanes), Scope.LOCAL);
    PrimVar thread = PrimVar.index("thread");
    PrimVar round = PrimVar.index("round");
    Stmt start =
        overTile((chain, lane) -> new Stmt.Store(tile, List.of(chain, lane), load(y, lane)));
    Stmt step =
        overTile(
            (chain, lane) ->
                new Stmt.Store(
                    tile,
                    List.of(chain, lane),
                    load(tile, chain, lane).times(load(x, lane)).plus(load(y, lane))));
    Stmt end =
        overTile(
            (chain, lane) ->
                new Stmt.Store(out, List.of(thread, chain, lane), load(tile, chain, lane)));
    Stmt body =
        new Stmt.Allocate(tile, Stmt.seq(start, loop(round, rounds, ForKind.SERIAL, step), end));
    return new PrimFunc(
        "multiply_adds",
        List.of(x, y),
        List.of(out),
        loop(thread, threads, ForKind.PARALLEL, body));
  }

  /**
   * The sums of {@code blocks} blocks of as many vectors as there are chains, for each thread, read
   * {@code passes} times.
   */
  PrimFunc read(long blocks, long passes) {
    Buffer data = buffer("data", threads, blocks, chains, lanes);
    Buffer out = buffer("out", threads, chains, lanes);
    Buffer tile = Buffer.dense("tile", DType.F32, sizes(chains, lanes), Scope.LOCAL);
    PrimVar thread = PrimVar.index("thread");
    PrimVar pass = PrimVar.index("pass");
    PrimVar block = PrimVar.index("block");
    Stmt start =
        overTile(
            (chain, lane) ->
                new Stmt.Store(
                    tile, List.of(chain, lane), load(data, thread, IntImm.of(0), chain, lane)));
    Stmt step =
        overTile(
            (chain, lane) ->
                new Stmt.Store(
                    tile,
                    List.of(chain, lane),
                    load(tile, chain, lane).plus(load(data, thread, block, chain, lane))));
    Stmt end =
        overTile(
            (chain, lane) ->
                new Stmt.Store(out, List.of(thread, chain, lane), load(tile, chain, lane)));
    Stmt again = loop(pass, passes, ForKind.SERIAL, loop(block, blocks, ForKind.SERIAL, step));
    Stmt body = new Stmt.Allocate(tile, Stmt.seq(start, again, end));
    return new PrimFunc(
        "read", List.of(data), List.of(out), loop(thread, threads, ForKind.PARALLEL, body));
  }

  /** Copies {@code blocks} blocks for each thread. */
  PrimFunc copy(long blocks) {
    Buffer data = buffer("data", threads, blocks, chains, lanes);
    Buffer out = buffer("out", threads, blocks, chains, lanes);
    PrimVar thread = PrimVar.index("thread");
    PrimVar block = PrimVar.index("block");
    Stmt step =
        overTile(
            (chain, lane) ->
                new Stmt.Store(
                    out,
                    List.of(thread, block, chain, lane),
                    load(data, thread, block, chain, lane)));
    Stmt body = loop(block, blocks, ForKind.SERIAL, step);
    return new PrimFunc(
        "copy", List.of(data), List.of(out), loop(thread, threads, ForKind.PARALLEL, body));
  }

  /** Bytes of one block of all threads. */
  long blockBytes() {
    return threads * chains * lanes * Float.BYTES;
  }

  private interface OfElement {
    Stmt at(PrimVar chain, PrimVar lane);
  }

  private Stmt overTile(OfElement statement) {
    PrimVar chain = PrimVar.index("chain");
    PrimVar lane = PrimVar.index("lane");
    return loop(
        chain,
        chains,
        ForKind.UNROLLED,
        loop(lane, lanes, ForKind.VECTORIZED, statement.at(chain, lane)));
  }

  private static Stmt.For loop(PrimVar variable, long extent, ForKind kind, Stmt body) {
    return new Stmt.For(variable, IntImm.of(0), IntImm.of(extent), kind, body);
  }

  private static PrimExpr load(Buffer buffer, PrimExpr... indices) {
    return new Load(buffer, List.of(indices));
  }

  private static Buffer buffer(String name, long... shape) {
    return Buffer.dense(name, DType.F32, sizes(shape), Scope.GLOBAL);
  }

  private static List<PrimExpr> sizes(long... shape) {
    return Arrays.stream(shape).<PrimExpr>mapToObj(IntImm::of).toList();
  }
}
