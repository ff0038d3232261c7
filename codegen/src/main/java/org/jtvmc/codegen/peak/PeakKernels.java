package org.jtvmc.codegen.peak;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
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

  /** Exponentials of one run of {@link #exponentials}. */
  double exponentialCount(long rounds) {
    return (double) threads * rounds * functionChains() * lanes;
  }

  /** {@code tile = tile * x + y} on registers alone; x holds a number below one. */
  PrimFunc multiplyAdds(long rounds) {
    return onRegisters("multiply_adds", rounds, chains, (tile, x, y) -> tile.times(x).plus(y));
  }

  /** {@code tile = exp(x - tile)} on registers alone. */
  PrimFunc exponentials(long rounds) {
    return onRegisters(
        "exponentials",
        rounds,
        functionChains(),
        (tile, x, _) -> Intrinsic.of(IntrinsicOp.EXP, x.minus(tile)));
  }

  /** A function's constants and intermediate results take most of the registers. */
  private long functionChains() {
    return Math.max(1, chains / 4);
  }

  private interface Step {
    PrimExpr of(PrimExpr tile, PrimExpr x, PrimExpr y);
  }

  private PrimFunc onRegisters(String name, long rounds, long vectors, Step step) {
    Buffer x = buffer("x", lanes);
    Buffer y = buffer("y", lanes);
    Buffer out = buffer("out", threads, vectors, lanes);
    Tile tile = new Tile(vectors);
    PrimVar thread = PrimVar.index("thread");
    PrimVar round = PrimVar.index("round");
    Stmt start = tile.set((_, lane) -> load(y, lane));
    Stmt again =
        tile.set((chain, lane) -> step.of(tile.at(chain, lane), load(x, lane), load(y, lane)));
    Stmt end = tile.storeTo(out, thread);
    Stmt body = tile.allocated(start, loop(round, rounds, ForKind.SERIAL, again), end);
    return new PrimFunc(
        name, List.of(x, y), List.of(out), loop(thread, threads, ForKind.PARALLEL, body));
  }

  /**
   * The sums of {@code blocks} blocks of as many vectors as there are chains, for each thread, read
   * {@code passes} times.
   */
  PrimFunc read(long blocks, long passes) {
    Buffer data = buffer("data", threads, blocks, chains, lanes);
    Buffer out = buffer("out", threads, chains, lanes);
    Tile tile = new Tile(chains);
    PrimVar thread = PrimVar.index("thread");
    PrimVar pass = PrimVar.index("pass");
    PrimVar block = PrimVar.index("block");
    Stmt start = tile.set((chain, lane) -> load(data, thread, IntImm.of(0), chain, lane));
    Stmt step =
        tile.set(
            (chain, lane) -> tile.at(chain, lane).plus(load(data, thread, block, chain, lane)));
    Stmt end = tile.storeTo(out, thread);
    Stmt again = loop(pass, passes, ForKind.SERIAL, loop(block, blocks, ForKind.SERIAL, step));
    Stmt body = tile.allocated(start, again, end);
    return new PrimFunc(
        "read", List.of(data), List.of(out), loop(thread, threads, ForKind.PARALLEL, body));
  }

  /**
   * Reads and writes blocks as the mix says, for each thread: of some that are read the sum is
   * written, or one that is read is written several times.
   */
  PrimFunc move(BlockMix mix) {
    Buffer data = buffer("data", threads, mix.groups(), mix.reads(), chains, lanes);
    Buffer out = buffer("out", threads, mix.groups(), mix.writes(), chains, lanes);
    Tile tile = new Tile(chains);
    PrimVar thread = PrimVar.index("thread");
    PrimVar group = PrimVar.index("group");
    PrimVar next = PrimVar.index("next");
    PrimVar copy = PrimVar.index("copy");
    Stmt first = tile.set((chain, lane) -> load(data, thread, group, IntImm.of(0), chain, lane));
    Stmt others =
        tile.set(
            (chain, lane) ->
                tile.at(chain, lane)
                    .plus(load(data, thread, group, next.plus(IntImm.of(1)), chain, lane)));
    Stmt result = tile.storeTo(out, thread, group, copy);
    Stmt body =
        tile.allocated(
            first,
            loop(next, mix.reads() - 1, ForKind.SERIAL, others),
            loop(copy, mix.writes(), ForKind.SERIAL, result));
    return new PrimFunc(
        "move",
        List.of(data),
        List.of(out),
        loop(thread, threads, ForKind.PARALLEL, loop(group, mix.groups(), ForKind.SERIAL, body)));
  }

  /** Bytes of one block of all threads. */
  long blockBytes() {
    return threads * chains * lanes * Float.BYTES;
  }

  private interface Element {
    PrimExpr at(PrimVar chain, PrimVar lane);
  }

  /** Vectors that a thread keeps in registers. */
  private final class Tile {
    private final long vectors;
    private final Buffer buffer;

    Tile(long vectors) {
      this.vectors = vectors;
      this.buffer = Buffer.dense("tile", DType.F32, sizes(vectors, lanes), Scope.LOCAL);
    }

    PrimExpr at(PrimVar chain, PrimVar lane) {
      return load(buffer, chain, lane);
    }

    Stmt set(Element value) {
      return store(buffer, List.of(), value);
    }

    /** Writes the vectors side by side to a place of a buffer. */
    Stmt storeTo(Buffer out, PrimExpr... place) {
      return store(out, List.of(place), this::at);
    }

    private Stmt store(Buffer to, List<PrimExpr> place, Element value) {
      PrimVar chain = PrimVar.index("chain");
      PrimVar lane = PrimVar.index("lane");
      List<PrimExpr> indices = new ArrayList<>(place);
      indices.addAll(List.of(chain, lane));
      Stmt store = new Stmt.Store(to, indices, value.at(chain, lane));
      return loop(chain, vectors, ForKind.UNROLLED, loop(lane, lanes, ForKind.VECTORIZED, store));
    }

    Stmt allocated(Stmt... body) {
      return new Stmt.Allocate(buffer, Stmt.seq(body));
    }
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
