package org.jtvmc.tuner.draft;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.tuner.feature.LoopNode;
import org.jtvmc.tuner.feature.Statement;

/**
 * The loops around a statement as one thread runs them: innermost those that are unrolled, whose
 * loads of one place are made once, and the others, which come back to memory.
 */
final class ThreadLoops {
  /** Unrolled iterations that are looked at one by one. */
  private static final double MOST_CASES = 4096;

  /** The widest access of a thread, in bytes. */
  private static final int MOST_WIDTH = 16;

  private static final List<ThreadTag> OF_BLOCK =
      List.of(ThreadTag.THREAD_X, ThreadTag.THREAD_Y, ThreadTag.THREAD_Z);

  /** What lies so far apart, in elements, is in no sector and no bank's word with another. */
  private static final long APART = 1 << 12;

  private final Statement statement;
  private final int inner;
  private final Places ofThread;
  private final Places ofWarp;

  ThreadLoops(Statement statement) {
    this.statement = statement;
    List<LoopNode> loops = statement.loops();
    int begin = loops.size();
    double cases = 1;
    while (begin > 0
        && isUnrolled(loops.get(begin - 1))
        && cases * loops.get(begin - 1).extent() <= MOST_CASES) {
      begin--;
      cases *= Math.max(1, loops.get(begin).extent());
    }
    this.inner = begin;
    Map<PrimVar, List<Long>> unrolled = new HashMap<>();
    long repeat = 1;
    for (LoopNode loop : loops.subList(begin, loops.size()).reversed()) {
      long extent = (long) Math.max(1, loop.extent());
      long every = repeat;
      unrolled.put(
          loop.var(),
          LongStream.range(0, (long) cases).map(i -> i / every % extent).boxed().toList());
      repeat *= extent;
    }
    this.ofThread = new Places(unrolled, (int) cases);
    Map<PrimVar, List<Long>> lanes = new HashMap<>();
    List<Long> all = LongStream.range(0, CudaTarget.WARP).boxed().toList();
    loops.stream().filter(ThreadLoops::isThread).forEach(loop -> lanes.put(loop.var(), all));
    this.ofWarp = new Places(lanes, CudaTarget.WARP);
  }

  private static boolean isUnrolled(LoopNode loop) {
    return loop.kind() == ForKind.UNROLLED || loop.kind() == ForKind.VECTORIZED;
  }

  private static boolean isThread(LoopNode loop) {
    return loop.tag().equals(Optional.of(ThreadTag.THREAD_X));
  }

  /** Where the statement reads or writes. */
  record Place(Buffer buffer, List<PrimExpr> indices) {

    static Place of(Load load) {
      return new Place(load.buffer(), load.indices());
    }
  }

  /** The store first. */
  List<Place> places() {
    List<Place> places = new ArrayList<>();
    places.add(new Place(statement.store().buffer(), statement.store().indices()));
    PrimExprs.forEach(
        statement.store().value(),
        node -> {
          if (node instanceof Load load) {
            places.add(Place.of(load));
          }
        });
    return places;
  }

  /** The threads of a block that have work: of nested loops of threads the shortest decides. */
  double threads() {
    double threads = 1;
    for (ThreadTag tag : OF_BLOCK) {
      threads *= threads(tag);
    }
    return threads;
  }

  private double threads(ThreadTag tag) {
    return statement.loops().stream()
        .filter(loop -> loop.tag().equals(Optional.of(tag)))
        .mapToDouble(LoopNode::extent)
        .min()
        .orElse(1);
  }

  /** How often a thread runs the statement. */
  double iterations() {
    return outer() * iterations(inner, statement.loops().size());
  }

  private double outer() {
    return iterations(0, inner);
  }

  private double iterations(int from, int to) {
    double iterations = 1;
    for (LoopNode loop : statement.loops().subList(from, to)) {
      iterations *= loop.tag().isPresent() ? 1 : loop.extent();
    }
    return iterations;
  }

  /**
   * What a thread moves.
   *
   * @param bytes in all
   * @param instructions in all
   */
  record Moved(double bytes, double instructions) {

    int width() {
      return Integer.highestOneBit((int) Math.max(1, Math.round(bytes / instructions)));
    }
  }

  /** Of neighbouring places as many at once as one access takes. */
  Moved moved(Place place) {
    int bytes = place.buffer().dtype().bytes();
    Optional<long[]> found = ofThread.of(place.buffer(), place.indices());
    double elements = ofThread.count();
    double instructions = ofThread.count();
    if (found.isPresent()) {
      long[] sorted = LongStream.of(found.get()).sorted().distinct().toArray();
      elements = sorted.length;
      instructions = 0;
      long chunk = Long.MIN_VALUE;
      for (long element : sorted) {
        long own = Math.floorDiv((element - sorted[0]) * bytes, MOST_WIDTH);
        instructions += own == chunk ? 0 : 1;
        chunk = own;
      }
    }
    return new Moved(outer() * elements * bytes, outer() * instructions);
  }

  /** What the lanes of a warp do with one of those instructions. */
  WarpAccess warp(Place place, int width) {
    int lanes = (int) Math.clamp(threads(ThreadTag.THREAD_X), 1, CudaTarget.WARP);
    List<Long> places =
        offsets(place)
            .map(all -> LongStream.of(all).limit(lanes).boxed().toList())
            .orElseGet(() -> LongStream.range(0, lanes).map(lane -> lane * APART).boxed().toList());
    return new WarpAccess(places, place.buffer().dtype().bytes(), width);
  }

  /** The place of each lane while other loops stand at zero; empty where it is not known. */
  Optional<long[]> offsets(Place place) {
    return ofWarp.of(place.buffer(), place.indices());
  }
}
